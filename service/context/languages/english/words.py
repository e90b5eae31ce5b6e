"""English: the words that carry nothing by themselves."""

from __future__ import annotations

from typing import Final

_TEXT: Final = """
    a about actually again all alright also am an and any anyone anything are as at awesome be been
    being both but by bye can cause could cool course definitely did do does done else exactly feel
    find fine for from get give glad go going gonna good got great guess had has have having he
    hello help her here hers hey hi him his how i if in is it its just kind know let like little
    ll look looking lot lovely m make many may maybe me mean might mine more most much must my need
    nice no not now of off oh ok okay on one ones only or other our out over perfect please pretty
    probably quite re really right s said say see sent shall she should so some someone something
    sorry sounds still such sure take tell than thank thanks that the their them then there these
    they thing things think this those to too try up us ve very wanna want wanted was way we well
    were what when where which while who whom why will wish with wonderful would yeah yep yes you
    your
"""
EMPTY: Final = frozenset(_TEXT.split())
