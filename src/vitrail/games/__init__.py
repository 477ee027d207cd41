"""Coalitions and their worth: what every perturbation method plays, and the estimators that share the worth out."""

from vitrail.games.estimate import Estimate
from vitrail.games.game import Game, Played

__all__ = ["Estimate", "Game", "Played"]
