"""How much a model thinks before it speaks: one word in the config, each provider's own fields in the body.

    chat_fields("low", "api.openai.com")   -> {"reasoning_effort": "low"}
    chat_fields("2048", "openrouter.ai")   -> {"reasoning": {"max_tokens": 2048}}

The words are none, low, medium and high, or a number: the most tokens of thought. What a model makes of them is its own
affair; one that refuses them says so, and the run stops.
"""

from __future__ import annotations

from typing import Any

LEVELS = ("none", "low", "medium", "high")


def budget_of(wish: str) -> int | None:
    """The tokens of a wish that is a number, None for a level. Raises ValueError for what is neither."""
    if wish in LEVELS:
        return None
    if not wish.isascii() or not wish.isdigit() or int(wish) < 1:
        raise ValueError(f"reasoning must be {', '.join(LEVELS)} or a number of tokens, got {wish!r}")
    return int(wish)


def anthropic_fields(wish: str, max_tokens: int | None) -> dict[str, Any]:
    """The messages API's fields. Raises ValueError for a budget that it does not take: 1,024 to below max_tokens."""
    budget = budget_of(wish)
    if budget is not None:
        if not 1024 <= budget < (max_tokens or 0):
            raise ValueError(f"reasoning={budget}: a budget must be 1024 or more, and below max_tokens ({max_tokens})")
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}
    if wish == "none":
        return {"thinking": {"type": "disabled"}}
    return {"thinking": {"type": "adaptive"}, "output_config": {"effort": wish}}


def chat_fields(wish: str, host: str) -> dict[str, Any]:
    """The fields of a server of chat completions. Raises ValueError where it knows no budgets, or no levels."""
    budget = budget_of(wish)
    if host.endswith("openrouter.ai"):
        return {"reasoning": {"effort": wish} if budget is None else {"max_tokens": budget}}
    if host.endswith("deepseek.com"):
        if budget is not None:
            raise ValueError(f"reasoning={wish}: DeepSeek takes no budget; use {', '.join(LEVELS)}")
        thinking = {"thinking": {"type": "disabled" if wish == "none" else "enabled"}}
        return thinking | ({} if wish == "none" else {"reasoning_effort": wish})
    if budget is None:
        return {"reasoning_effort": wish}
    if host.endswith("googleapis.com"):
        return {"extra_body": {"google": {"thinking_config": {"thinking_budget": budget}}}}
    if host.endswith("openai.com"):
        raise ValueError(f"reasoning={wish}: OpenAI takes no budget; use {', '.join(LEVELS)}")
    return {"thinking_token_budget": budget}  # vLLM's
