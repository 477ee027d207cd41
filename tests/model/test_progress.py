from vitrail.model.progress import onward, reporting


def test_several_sweeps_are_one_count_that_only_grows():
    told = []
    with onward(lambda done, total: told.append((done, total))) as report:
        report(2, 4), report(4, 4), report(1, 3), report(3, 3)
    assert told[:2] == [(2, 4), (4, 4)]
    assert told[-1] == (7, 7)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_method_without_a_sweep_is_told_as_one_step():
    told = []
    with reporting(lambda done, total: told.append((done, total))):
        pass
    assert told == [(1, 1)]


def test_nobody_is_told_where_nobody_asked():
    with reporting(False) as report:
        assert report is None


def test_a_bar_is_drawn_where_it_is_wanted(capsys):
    with reporting(True) as report:
        report(1, 2)
        report(2, 2)
