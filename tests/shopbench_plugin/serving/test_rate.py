"""A client gets its burst at once, and then what its rate gives."""

from shopbench_plugin.serving.rate import RateLimiter


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_burst_passes_and_the_next_has_to_wait_for_a_token():
    limiter = RateLimiter(per_second=2.0, burst=3, clock=Clock())
    assert [limiter.take("a") for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 0.5]


def test_tokens_come_back_at_the_rate_and_up_to_the_burst():
    clock = Clock()
    limiter = RateLimiter(per_second=2.0, burst=3, clock=clock)
    for _ in range(3):
        limiter.take("a")
    clock.now += 0.75
    assert [limiter.take("a"), limiter.take("a")] == [0.0, 0.25]
    clock.now += 1000
    assert [limiter.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_a_long_request_uses_up_more_of_its_client_s_rate_and_of_no_other_s():
    clock = Clock()
    limiter = RateLimiter(per_second=2.0, burst=3, clock=clock)
    assert limiter.take("a", 11) == 0.0
    assert [limiter.take("a"), limiter.take("b")] == [4.5, 0.0]
    clock.now += 4.5
    assert limiter.take("a") == 0.0
    assert limiter.take("unknown", 11) == 0.0
    limiter.give_back("unknown", 9)  # the request was shorter
    limiter.give_back("never seen", 9)
    assert [limiter.take("unknown"), limiter.take("unknown")] == [0.0, 0.5]


def test_clients_do_not_share_a_bucket():
    limiter = RateLimiter(per_second=1.0, burst=1, clock=Clock())
    assert [limiter.take("a"), limiter.take("b"), limiter.take("a")] == [0.0, 0.0, 1.0]


def test_of_very_many_clients_the_quietest_is_forgotten():
    limiter = RateLimiter(per_second=1.0, burst=1, clock=Clock())
    for client in ["first", "second", *map(str, range(9_998))]:
        limiter.take(client)
    assert limiter.take("first") == 1.0  # seen again, so that the second is the quietest
    assert limiter.take("one more") == 0.0
    assert limiter.take("first") == 1.0
    assert limiter.take("second") == 0.0
