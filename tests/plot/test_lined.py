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
