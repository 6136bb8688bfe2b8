"""The dashboard: one file per view, on Streamlit; `command.py` starts it.

    start.py      the script that Streamlit runs; its arguments are directories
    page.py       the frame: head, filters, which view
    address.py    widgets whose choices stand in the address, so that it can be shared
    data.py       the runs, loaded again only when their files change
    *_view.py     one view each: `show(chosen)`

What players, critics and moderators said is data: it is shown with st.text, in tables and in charts, which do not
interpret it; st.markdown and its kin only ever get sentences that stand in this package. No view computes a metric.
"""
