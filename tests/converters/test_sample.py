import pytest

from converters.sample import share_out


@pytest.mark.parametrize(
    ("available", "weights", "sample", "quotas"),
    [
        ([500], [], None, [500]),
        ([500], [], 200, [200]),
        ([500], [], 900, [500]),
        ([500, 500], [3, 1], 100, [75, 25]),
        ([500, 500], [1, 2], 100, [33, 67]),
        ([10, 500], [1, 1], 100, [10, 50]),
        ([300, 200], [3, 1], None, [300, 100]),
        ([300, 10], [1, 1], None, [10, 10]),
        ([300, 0], [1, 1], None, [0, 0]),
        ([300, 0], [1, 1], 100, [50, 0]),
        ([0], [], 100, [0]),
    ],
)
def test_weights_share_out_the_sample(available, weights, sample, quotas):
    assert share_out(available, weights, sample) == quotas
