"""One count over all sweeps of a method."""

from vitrail.model.progress import onward, rate_of, reporting


def told(*sweeps):
    """What is told about sweeps, each given as its reports (done, total)."""
    heard = []
    with onward(lambda done, total: heard.append((done, total))) as report:
        for sweep in sweeps:
            for at in sweep:
                report(*at)
    return heard


def test_one_sweep_is_told_as_it_is():
    assert told([(2, 5), (4, 5), (5, 5)]) == [(2, 5), (4, 5), (5, 5)]


def test_the_next_sweep_goes_on_where_the_last_one_ended():
    assert told([(3, 6), (6, 6)], [(2, 4), (4, 4)]) == [(3, 6), (6, 6), (8, 10), (10, 10)]


def test_sweeps_of_one_length():
    assert told([(6, 6)], [(6, 6)], [(3, 6), (6, 6)]) == [(6, 6), (12, 12), (15, 18), (18, 18)]


def test_a_longer_sweep_after_a_short_one():
    assert told([(1, 1)], [(5, 10), (10, 10)]) == [(1, 1), (6, 11), (11, 11)]


def test_without_a_sweep_the_end_is_told():
    assert told() == [(1, 1)]


def test_nothing_is_reported_unless_asked():
    with reporting(False) as report:
        assert report is None


def test_a_function_hears_and_a_bar_is_drawn():
    heard = []
    with reporting(lambda done, total: heard.append((done, total))) as report:
        report(1, 2)
    assert heard == [(1, 2), (2, 2)]
    with reporting(True) as report:
        report(1, 2)


def test_the_bar_says_how_many_evaluations_a_second():
    assert rate_of(None) == ""
    assert rate_of(12345.6) == "12,346 evaluations/s"
