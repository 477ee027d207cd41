from vitrail.plot.lined import facts, lined, note, numbers, scroll


def test_a_table_has_heads_and_rows():
    html = lined('Paths "all"', ["path <x>", "share"], ["<td>a</td>", "<td>b</td>"])
    assert html.count("<tr>") == 3
    assert '<th scope="col">path &lt;x&gt;</th><th scope="col" class="number">share</th>' in html
    assert 'aria-label="Paths &quot;all&quot;"' in html
    assert 'tabindex="0"' in html


def test_facts_without_text_are_left_out():
    assert facts({"a<": "1", "b": ""}) == '<dl class="facts"><div><dt>a&lt;</dt><dd>1</dd></div></dl>'


def test_cells_and_notes():
    assert numbers(["1", "2"]) == '<td class="number">1</td><td class="number">2</td>'
    assert note("a & b") == '<p class="note">a &amp; b</p>'
    assert scroll("x", "<b></b>").endswith("<b></b></div>")


def test_columns_of_numbers_stand_at_the_right_whatever_they_are_called():
    page = lined("Table", ["class", "F1", "AUC"], [], counted=1)
    assert '<th scope="col">class</th><th scope="col" class="number">F1</th>' in page
    assert page.count('class="number"') == 2
