"""How the pages look beyond Streamlit's own theme: little room lost, and bubbles for a dialogue.

Colours are see-through, so that one rule does in light and in dark. No data ever gets in here: a container's key
becomes a class of the same name, and that is all these rules go by.
"""

from ..figures.colours import PALETTE

CSS = (
    """<style>
.stAppHeader { min-height: 2.6rem; height: 2.6rem; }
.stMainBlockContainer { padding: 2.9rem 1.5rem 2rem; }
.stSidebar [data-testid="stSidebarHeader"] { height: 2.5rem; margin-bottom: 0; }
.st-key-head { min-height: 2.5rem; }
[class*="st-key-round-"] .stText { font-weight: 600; }
[class*="st-key-chat-"] { gap: .5rem; }
.stMetric, [data-testid="stMetric"] > div { padding-top: 0; padding-bottom: 0; }
[data-testid="stMetricValue"] { font-size: 1.4rem; }
[class*="st-key-words-"] .stText { font-size: .9rem; }
[class*="st-key-series-"] .stText { font-size: .85rem; }
[class*="st-key-series-"] .stText::before { content: ""; display: inline-block; width: .7rem; height: .7rem;
    border-radius: .35rem; margin-right: .4rem; }
[class*="st-key-round-"] { border-top: 1px solid rgba(128, 128, 128, .35); padding-top: .5rem; }
[class*="st-key-turn-"], [class*="st-key-feedback-"], [class*="st-key-verdict-"], .st-key-failed { gap: .2rem; }
[class*="st-key-turn-"] { border-radius: .6rem; padding: .45rem .8rem; width: 80%; }
[class*="st-key-turn-seller-"] { background: rgba(205, 34, 3, .10); border-left: 4px solid #CD2203; }
[class*="st-key-turn-buyer-"] { background: rgba(6, 154, 207, .12); border-right: 4px solid #069ACF;
    align-self: flex-end; }
[class*="st-key-turn-seller-accept-"], [class*="st-key-turn-buyer-accept-"] { outline: 2px solid #009E73; }
[class*="st-key-turn-seller-walk_away-"], [class*="st-key-turn-buyer-walk_away-"] { outline: 2px dashed #888; }
[class*="st-key-turn-"] .stElementContainer:not(:first-child) .stText { font-size: .8rem; opacity: .75; }
[class*="st-key-feedback-"] { background: rgba(204, 121, 167, .13); border-radius: .6rem; padding: .5rem .8rem; }
[class*="st-key-feedback-"] .stElementContainer:first-child .stText { font-size: .8rem; opacity: .75; }
[class*="st-key-verdict-"] { align-self: center; padding: 0 .6rem; border-radius: .6rem; width: fit-content; }
[class*="st-key-verdict-"] .stText { font-size: .8rem; opacity: .8; }
.st-key-vain { background: rgba(255, 170, 0, .15); padding: .3rem .8rem; border-radius: .6rem; }
[class*="st-key-verdict-doubted-"], .st-key-failed { background: rgba(220, 50, 47, .15); padding: .3rem .8rem; }
"""
    + "".join(
        f'[class*="st-key-series-{at}-"] .stText::before {{ background: {colour}; }}\n'
        for at, colour in enumerate(PALETTE)
    )
    + "</style>"
)


ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect x="1" y="3" width="19" height="12" rx="4" fill="#CD2203"/>'
    '<rect x="12" y="17" width="19" height="12" rx="4" fill="#069ACF"/></svg>'
)
"""The tab's icon, drawn here: Streamlit fetches its own icons from the net."""

BACK = """
<script>
if (!window.bargainGoesBack) {
  window.bargainGoesBack = true;
  window.addEventListener("popstate", () => window.location.reload());
}
</script>
"""
"""The browser's Back and Forward: Streamlit changes the address then, and nothing else."""
