"""What is kept from the terminal while other packages load."""

import subprocess
import sys

from shopbench_plugin.core.quiet import discard_prints


def test_what_a_command_complains_of_while_packages_load_is_not_shown(capfd):
    complain = [sys.executable, "-c", "import sys; print('commit'); sys.stderr.write('fatal: not a git repository')"]
    with discard_prints():
        assert subprocess.check_output(complain) == b"commit\n"
        sys.stderr.write("a greeting")
    assert capfd.readouterr() == ("", "")
    subprocess.check_output(complain)
    assert capfd.readouterr().err == "fatal: not a git repository"
