"""What is kept from the terminal while other packages load, and what they are told before that."""

import logging
import os
import subprocess
import sys

import pytest

from shopbench_plugin.core.quiet import discard_prints, silence_libraries


@pytest.mark.parametrize(("chosen", "expected"), [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7")])
def test_the_threads_of_torch_spin_briefly_unless_the_user_chose_how_long(chosen, expected, monkeypatch):
    monkeypatch.setattr(os, "environ", chosen)
    silence_libraries()
    assert chosen["GOMP_SPINCOUNT"] == expected


def test_what_a_command_complains_of_while_packages_load_is_not_shown(capfd):
    complain = [sys.executable, "-c", "import sys; print('commit'); sys.stderr.write('fatal: not a git repository')"]
    with discard_prints():
        assert subprocess.check_output(complain) == b"commit\n"
        sys.stderr.write("a greeting")
    assert capfd.readouterr() == ("", "")
    subprocess.check_output(complain)
    assert capfd.readouterr().err == "fatal: not a git repository"


def test_a_handler_that_a_package_sets_while_it_loads_does_not_swallow_later_messages():
    before = logging.root.handlers.copy(), logging.root.level
    with discard_prints():
        logging.root.addHandler(logging.StreamHandler())
        logging.root.setLevel(logging.INFO)
    assert (logging.root.handlers, logging.root.level) == before
