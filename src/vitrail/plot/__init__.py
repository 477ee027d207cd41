"""Static pictures and pages: a view for each kind of Explanation, and the report that holds many answers.

    answer.plot()      a matplotlib Figure: "attribution", "map", "activation", "attention", "players", "interaction",
                       "signature", "flow", "score", "leaderboard", "evaluation", "training", "data",
                       "range-test", "tuning"; a table of arrays else
    answer.show()      a Page: one answer as HTML that needs nothing else
    report(path, ...)  many answers in one HTML file
    report_run(run)    what training left: how the network learnt, and how well it does

Importing this registers the views; matplotlib is imported when the first Figure is drawn.
"""

from vitrail.explanation import VIEWS
from vitrail.plot.activation import draw_activation
from vitrail.plot.attention import draw_attention
from vitrail.plot.attribution import draw_attribution
from vitrail.plot.data import draw_data
from vitrail.plot.evaluation import draw_evaluation
from vitrail.plot.flow import draw_flow
from vitrail.plot.interaction import draw_interaction
from vitrail.plot.leaderboard import draw_leaderboard
from vitrail.plot.map import draw_map
from vitrail.plot.page import Page, make_page
from vitrail.plot.players import draw_players
from vitrail.plot.range_test import draw_range_test
from vitrail.plot.report import Section, report
from vitrail.plot.run import report_run
from vitrail.plot.score import draw_score
from vitrail.plot.table import draw_table
from vitrail.plot.training import draw_training
from vitrail.plot.tuning import draw_tuning

VIEWS.update(attribution=draw_attribution, map=draw_map, activation=draw_activation, attention=draw_attention)
VIEWS.update(players=draw_players, interaction=draw_interaction, table=draw_table, page=make_page)
VIEWS.update(evaluation=draw_evaluation, training=draw_training, data=draw_data)
VIEWS.update({"range-test": draw_range_test, "tuning": draw_tuning})
VIEWS.update(signature=draw_flow, flow=draw_flow, score=draw_score, leaderboard=draw_leaderboard)

__all__ = ["Page", "Section", "report", "report_run"]
