"""A deal rate that a fallible moderator told, corrected by what is known of its errors.

    true_rate(170, 200, (95, 100), (48, 50))   -> Estimate(value=0.89, low=0.82, high=0.97, n=200, ...)

Where the rules decide (moderator=rules, a structured channel) there is nothing to correct.
"""

from __future__ import annotations

import math

from scipy import stats

from analysis.stats.intervals import ALPHA, NAN, Estimate


def true_rate(deals: int, n: int, of_deals: tuple[int, int], of_others: tuple[int, int]) -> Estimate:
    """The share of n games that were deals, where the moderator called `deals` of them deals.

    of_deals, of_others: of the labelled dialogues that were deals, or were none, how many it judged right, and how many
    there are (bargain-judge's confusion matrix). Rogan & Gladen (1978, Am. J. Epidemiology 107); 95% interval of Lang &
    Reiczigel (2014, Preventive Veterinary Medicine 113), which counts the errors of both shares. No value where the
    moderator is no better than chance, or nothing is labelled: then the rate can be anything.
    """
    if not (n and of_deals[1] and of_others[1]):
        return Estimate(NAN, NAN, NAN, n, "nothing labelled" if n else "no data")
    rate, found, spared = deals / n, of_deals[0] / of_deals[1], of_others[0] / of_others[1]
    if found + spared <= 1:
        return Estimate(NAN, NAN, NAN, n, "no better than chance")
    value = min(max((rate + spared - 1) / (found + spared - 1), 0.0), 1.0)
    z = float(stats.norm.ppf(1 - ALPHA / 2))
    size, told = n + z * z, (deals + z * z / 2) / (n + z * z)
    right, sparing = ((hits + 1) / (total + 2) for hits, total in (of_deals, of_others))
    errors = right * (1 - right) / (of_deals[1] + 2), sparing * (1 - sparing) / (of_others[1] + 2)
    power = right + sparing - 1
    if power <= 0:
        return Estimate(value, 0.0, 1.0, n, "Rogan-Gladen")
    centre = (told + sparing - 1) / power
    shift = 2 * z * z * (centre * errors[0] - (1 - centre) * errors[1])
    spread = math.sqrt(told * (1 - told) / size + centre**2 * errors[0] + (1 - centre) ** 2 * errors[1]) / power
    low, high = (min(max(centre + shift + side * z * spread, 0.0), 1.0) for side in (-1, 1))
    return Estimate(value, low, high, n, "Rogan-Gladen")
