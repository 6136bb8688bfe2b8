"""The typed schema of the whole config, one dataclass per group of conf/.

It knows names, types and defaults, and nothing of Hydra, of files or of what combinations make sense: `compose.py`
composes, `check.py` checks. A field that a YAML may leave out has its default here; a YAML says what is worth reading.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, is_dataclass
from enum import StrEnum
from typing import Any, Optional

from yaml.representer import Representer, SafeRepresenter

from bargain.records import MAX_EXCHANGES

# OmegaConf's structured configs read Optional[...] and Dict-like builtins at run time: no `X | None` here.

One = StrEnum("One", "seller buyer")
Who = StrEnum("Who", "none seller buyer both")
Knows = StrEnum("Knows", "none own rival_range rival_value both")
Opens = StrEnum("Opens", "fixed free")
AfterNoDeal = StrEnum("AfterNoDeal", "continue stop")
Acknowledge = StrEnum("Acknowledge", "fixed ask")
Gate = StrEnum("Gate", "none rules")
Memory = StrEnum("Memory", "full last_k feedback_only none")
Scoring = StrEnum("Scoring", "strict legacy")
Mode = StrEnum("Mode", "live replay")
Outcome = StrEnum("Outcome", "price deal_rate surplus")

for choice in [kind for kind in globals().values() if isinstance(kind, type) and issubclass(kind, StrEnum)]:
    for representer in (SafeRepresenter, Representer):  # whoever writes a config as YAML writes a choice as its word
        representer.add_representer(choice, lambda dumper, chosen: dumper.represent_str(chosen.value))


@dataclass
class ItemConfig:
    """The item and its prices, in `currency`. cost and valuation are private reservation prices; null = none."""

    name: str = "balloon"
    description: str = ""
    cost: Optional[float] = None
    valuation: Optional[float] = None
    seller_opening: Optional[float] = None
    buyer_opening: Optional[float] = None
    currency: str = "$"


@dataclass
class DistributionConfig:
    """Where a number of a drawn scenario comes from, game by game. An empty `distribution` is the item's own value."""

    distribution: str = ""
    """uniform: from low to high; normal: of mean and sd, within low and high; list: one of `one_of`, all alike."""
    low: Optional[float] = None
    high: Optional[float] = None
    """null: the item's openings."""
    mean: Optional[float] = None
    """null: the middle of low and high."""
    sd: Optional[float] = None
    """null: a quarter of the way from low to high."""
    one_of: list[float] = field(default_factory=list)


@dataclass
class ScenarioConfig:
    """What differs from game to game: private values, outside options, deadline; and who knows what of them."""

    _target_: str = "bargain.games.scenarios.fixed.Fixed"
    name: str = "fixed"
    cost: DistributionConfig = field(default_factory=DistributionConfig)
    valuation: DistributionConfig = field(default_factory=DistributionConfig)
    seller_outside: DistributionConfig = field(default_factory=DistributionConfig)
    """What somebody else pays the seller if there is no deal."""
    buyer_outside: DistributionConfig = field(default_factory=DistributionConfig)
    """For what the buyer gets the same elsewhere if there is no deal."""
    deadline: DistributionConfig = field(default_factory=DistributionConfig)
    """Exchanges after which the talk ends, rounded, 1 to game.max_exchanges, which holds where nothing is drawn."""
    deadline_known_by: Who = Who.both
    """both, seller, buyer or none; who does not know it expects game.max_exchanges."""
    seller_discount: float = 1.0
    """What is left of the seller's gain after an exchange more; 1 = time costs nothing."""
    buyer_discount: float = 1.0
    seller_knows: Knows = Knows.own
    """Of limits: none, own, rival_range (and its own), rival_value (and not its own), or both."""
    buyer_knows: Knows = Knows.own
    texts: dict[str, str] = field(default_factory=dict)
    """What the seller and the buyer are told of all this at the end of their system prompts, by player."""
    path: Optional[str] = None
    """scenario=catalogue: a CSV, JSON, JSONL or Parquet file, of which game i plays row i."""
    sha256: Optional[str] = None
    """Of that file, once it was read: a run goes on with the same file only."""
    columns: dict[str, str] = field(default_factory=dict)
    """How the file calls title, description, list_price, cost and valuation, where it is none of the known names."""
    cost_of_list: Optional[float] = None
    """The cost as a share of the list price, where a row has none; null: the seller has no limit then."""
    valuation_of_list: Optional[float] = None
    """The same of the valuation."""
    buyer_opening_of_list: float = 0.5
    """The buyer's opening as a share of the list price, which is the seller's."""


@dataclass
class EngineConfig:
    """One way to get replies. A null option is not sent at all."""

    _target_: str = "bargain.engines.simulated.SimulatedEngine"
    name: str = ""
    """The preset's name, as chosen on the command line; shown in tables."""
    model: str = ""
    base_url: Optional[str] = None
    base_url_env: Optional[str] = None
    """Name of the environment variable that holds the base URL, for one with a password or a key in it."""
    headers_env: dict[str, str] = field(default_factory=dict)
    """Further headers, each with the environment variable that holds its value: {X-Gateway-Key: MY_GATEWAY_KEY}."""
    api_key_env: Optional[str] = None
    """Name of the environment variable that holds the key. Never the key."""
    temperature: Optional[float] = None
    top_p: Optional[float] = None
    max_tokens: Optional[int] = None
    reasoning: Optional[str] = None
    """How much the model thinks before it speaks: none, low, medium, high or a number of tokens, in the provider's own
    fields (engines/effort.py); it wins over those in body. null: whatever body and the provider say."""
    max_tokens_field: str = "max_completion_tokens"
    """What the server calls the output limit: max_completion_tokens (OpenAI today) or max_tokens (compatible ones)."""
    timeout_s: float = 120.0
    max_concurrency: int = 256
    start_concurrency: int = 16
    """Calls in flight at first; more as they are answered in good time, up to max_concurrency."""
    requests_per_minute: Optional[float] = None
    tokens_per_minute: Optional[float] = None
    context_window: Optional[int] = None
    """Tokens of prompt and reply together; a prompt that cannot fit is refused before it is paid. null = unknown."""
    input_usd_per_million: Optional[float] = None
    output_usd_per_million: Optional[float] = None
    cached_usd_per_million: Optional[float] = None
    """Prices that override the price table; set input and output together."""
    body: dict[str, Any] = field(default_factory=dict)
    """Further fields of the request body, sent as they are (reasoning_effort, seed, safety settings ...)."""
    options: dict[str, Any] = field(default_factory=dict)
    """The engine's own knobs; each engine refuses names it does not know."""


@dataclass
class SeatConfig:
    """The critic's seat."""

    engine: Optional[EngineConfig] = None


@dataclass
class PlayerConfig(SeatConfig):
    """A player's seat, and what is told to that player alone."""

    persona: Optional[str] = None
    """A sentence or more at the end of its system prompt ("You are patient and warm."), with {placeholders}."""
    worded_by: Optional[EngineConfig] = None
    """The model that says what a player without one decides (engine@seller.worded_by=...); null = plain sentences."""


@dataclass
class PromptConfig:
    """One version of one role's prompts: templates with {name}, {seller_opening} ... placeholders."""

    version: str = ""
    path: Optional[str] = None
    """A 2023 text file (==== SYSTEM ==== blocks) to read instead of the templates; only prompt=file uses it."""
    feedback_path: Optional[str] = None
    """The 2023 feedback file of a player, beside `path`; null = the version's own feedback texts."""
    sha256: Optional[str] = None
    """Of the files, once their texts stand below: a recorded config is played as it was, whatever they hold by now."""
    system: str = ""
    few_shot: list[dict[str, str]] = field(default_factory=list)
    """Examples as {user, assistant} pairs, between the system message and the dialogue."""
    texts: dict[str, str] = field(default_factory=dict)
    """Everything else the role says or is told, by name (opening, kickoff, feedback, acknowledgement, question ...)."""


@dataclass
class PromptsConfig:
    """The prompt version of each role."""

    seller: PromptConfig = field(default_factory=PromptConfig)
    buyer: PromptConfig = field(default_factory=PromptConfig)
    critic: PromptConfig = field(default_factory=PromptConfig)
    moderator: PromptConfig = field(default_factory=PromptConfig)
    words: PromptConfig = field(default_factory=PromptConfig)
    """Of whoever words what a player without a model decides."""


@dataclass
class FeedbackConfig:
    """Where the learner's feedback comes from."""

    _target_: str = "bargain.agents.feedback.AI"
    name: str = "ai"
    pool: Optional[str] = None
    """A YAML of human suggestions by role (feedback=human); null = the pool that ships."""
    suggestions: dict[str, list[str]] = field(default_factory=dict)
    """What `pool` holds, once it was read."""
    text: str = ""
    """The sentence of feedback=constant, the question of feedback=self_critique."""
    acknowledge: Acknowledge = Acknowledge.fixed
    """fixed: the learner's acknowledgement is the prompt's text, as in 2023; ask: the learner writes it (one call)."""
    engine: Optional[EngineConfig] = None
    """The critic's engine in this arm (engine@game.arms.NAME.engine=...); null = the critic's, as everywhere."""


@dataclass
class GameConfig:
    """Which rounds are played and how long one may last."""

    _target_: str = "bargain.games.simple.play"
    name: str = "simple"
    learners: list[str] = field(default_factory=list)
    """Who is coached: [], [seller], [buyer] or both."""
    n_rounds: int = 1
    max_exchanges: int = MAX_EXCHANGES
    who_is_first: One = One.seller
    seller_opens: Opens = Opens.fixed
    buyer_opens: Opens = Opens.fixed
    """fixed: the opening of the item, word for word; free: the player's own first words."""
    after_no_deal: AfterNoDeal = AfterNoDeal["continue"]
    """continue: the learner is coached and plays on, so every game has every round; stop: as in 2023."""
    arms: dict[str, FeedbackConfig] = field(default_factory=dict)
    """Compare games only: the feedback of each arm, by the arm's name."""


@dataclass
class ProtocolConfig:
    """How one round is played: who speaks, what may be said, when it ends."""

    _target_: str = "bargain.games.rounds.negotiation.Negotiation"
    name: str = "negotiation"
    texts: dict[str, str] = field(default_factory=dict)
    """What a player is told of it at the end of its system prompt, by the part that it plays."""


@dataclass
class ChannelConfig:
    """How players may speak, and who decides what a turn does: rules and moderator, or the acts themselves."""

    _target_: str = "bargain.channels.free_text.FreeText"
    name: str = "free_text"
    texts: dict[str, str] = field(default_factory=dict)
    """told: at the end of a player's system prompt; again: after a reply that was no turn; hint: to a person."""


@dataclass
class AdversaryConfig:
    """An attack in words by one player: a scripted sentence at one of its turns, or a demand after the deal."""

    name: str = "none"
    by: One = One.seller
    """Who attacks."""
    turn: int = 2
    """At which of its own turns, from 1; a fixed opening is not its own."""
    says: dict[str, str] = field(default_factory=dict)
    """The sentence, by who attacks."""
    fee: Optional[float] = None
    """The sentence comes after a deal, and asks for so great a share of the price on top."""


@dataclass
class ProbeConfig:
    """What players are asked off the record, on a copy of their context: nothing, or the rival's limit."""

    name: str = "none"
    after: Any = "every"
    """After which turns of each round: every, or a list of their numbers from 1, openings counted."""
    who: list[str] = field(default_factory=lambda: ["seller", "buyer"])
    """Who is asked: seller, buyer or both."""
    within: float = 0.1
    """How near the truth a belief is right: a share of the way between the two openings; the question names it."""
    texts: dict[str, str] = field(default_factory=dict)
    """The question, by who is asked, and what is said after an answer that cannot be used (again)."""


@dataclass
class SecondIssueConfig:
    """What is agreed beside the price; `none` is nothing. See records.SecondIssue and docs/two-issues.md."""

    name: str = "none"
    """One word: delivery."""
    unit: str = ""
    """What the options count, in the plural: days."""
    options: list[float] = field(default_factory=list)
    """What can be agreed: [1, 3, 7]."""
    seller_weight: Optional[float] = None
    """What a unit more is worth to the seller, in the item's currency; below 0: what it costs."""
    buyer_weight: Optional[float] = None
    seller_opening: Optional[float] = None
    """The option that the seller's opening names; null: the best for the seller."""
    buyer_opening: Optional[float] = None
    known_by: Who = Who.none
    """Who knows the rival's weight beside its own: none, seller, buyer or both."""
    texts: dict[str, str] = field(default_factory=dict)
    """What the seller and the buyer are told of it at the end of their system prompts, by player."""


@dataclass
class BranchConfig:
    """Where the games of a run leave another run's game, each to go another way; `bargain branch=DIR` sets it."""

    of: str = ""
    """The run directory that holds that game. It decides nothing: what was said until then is in the journal."""
    sha256: Optional[str] = None
    """Of what was said until then; null: no branch."""
    game: int = 0
    arm: str = ""
    round: int = 1
    turn: int = 0
    """The first turn that is played anew; 0: from the coaching before the round on."""
    say: Optional[str] = None
    """What is said at that turn, in place of an engine's words."""
    changed: str = ""
    """What differs from the run that was left, in words; "": nothing, so this is what it is compared with."""


@dataclass
class ModeratorConfig:
    """Who decides that there is a deal, how much it sees and when it looks."""

    _target_: str = "bargain.agents.moderator.Rules"
    name: str = "rules"
    window: int = 4
    """How many of the last turns it sees; 0 = the whole round."""
    start: str = "no_offer"
    """no_offer: after every turn but a plain counter-offer; always; turn_K: from turn K on; no_number: once a message
    carries no number (2023). All but no_number look at the last turn of a round as well."""
    no_deal_threshold: int = 0
    """So many verdicts without a deal end the round; 0 = never."""
    gate: Gate = Gate.none
    """none: the engine is asked every time; rules: only where the rules are unsure. See docs/performance.md."""
    engine: Optional[EngineConfig] = None


@dataclass
class MemoryConfig:
    """What the learner carries from round to round."""

    name: Memory = Memory.full
    """full: everything; last_k: the last `rounds` rounds; feedback_only: the feedback, not the dialogues; none."""
    rounds: int = 0


@dataclass
class LimitsConfig:
    """Caps on what a run may spend and do at once. May change on resume."""

    max_cost_usd: Optional[float] = None
    """Of one run: each cell of a sweep has it for itself."""
    sweep_max_cost_usd: Optional[float] = None
    """Of all cells of a sweep together, wherever they play; of a single run as max_cost_usd."""
    max_tokens: Optional[int] = None
    max_concurrent_games: int = 256
    max_tries: int = 8
    """Attempts at one call before its game fails, waits included."""
    max_maybe_billed: int = 2
    """Of these, attempts that may have been billed without a reply."""
    max_wait_s: float = 300.0
    """Longest single wait, whatever Retry-After says."""
    max_outage_s: float = 900.0
    """So long without one success the run stops, to be resumed, instead of losing game after game."""
    max_asks: int = 3
    """How often one utterance is asked for when it comes back empty or cut."""


@dataclass
class TrackingConfig:
    """Where results are shown. May change on resume. Further keys are the tracker's own: it declares a subclass."""

    _target_: str = "bargain.tracking.none.NoTracker"
    name: str = "none"
    tags: list[str] = field(default_factory=list)
    """Further tags, beside the chosen config options."""


@dataclass
class AnalysisConfig:
    """What the report may claim, declared before the first game. Decides nothing that is played."""

    primary: list[Outcome] = field(default_factory=lambda: list(Outcome))
    """The co-primary outcomes: one family of tests; every other number of a report is exploratory."""


@dataclass
class Config:
    """The whole config. `scoring` is strict (both are recorded; legacy only chooses what the summary shows)."""

    seed: int = 0
    n_games: int = 10
    scoring: Scoring = Scoring.strict
    mode: Mode = Mode.live
    """live, or replay: serve every call from the journal and refuse the network."""
    resume: str = "auto"
    """auto: go on with the newest unfinished run of exactly this config; never: always start a new one."""
    retry_failed: bool = False
    """On resume, also of a finished run: make the calls again that failed for good, instead of keeping the error."""
    estimate: bool = False
    """Print what would be played, called and paid, and stop: the command's, not a run's."""
    debug: bool = False
    """Print every call and verdict; on the command line it also plays two tiny games, untracked (runs/debug.py)."""
    allow_targets: list[str] = field(default_factory=list)
    """Modules of your own that `_target_` may name, beside bargain's."""
    game: GameConfig = field(default_factory=GameConfig)
    protocol: ProtocolConfig = field(default_factory=ProtocolConfig)
    channel: ChannelConfig = field(default_factory=ChannelConfig)
    adversary: AdversaryConfig = field(default_factory=AdversaryConfig)
    probe: ProbeConfig = field(default_factory=ProbeConfig)
    second_issue: SecondIssueConfig = field(default_factory=SecondIssueConfig)
    branch: BranchConfig = field(default_factory=BranchConfig)
    item: ItemConfig = field(default_factory=ItemConfig)
    scenario: ScenarioConfig = field(default_factory=ScenarioConfig)
    prompt: PromptsConfig = field(default_factory=PromptsConfig)
    seller: PlayerConfig = field(default_factory=PlayerConfig)
    buyer: PlayerConfig = field(default_factory=PlayerConfig)
    critic: SeatConfig = field(default_factory=SeatConfig)
    moderator: ModeratorConfig = field(default_factory=ModeratorConfig)
    feedback: FeedbackConfig = field(default_factory=FeedbackConfig)
    memory: MemoryConfig = field(default_factory=MemoryConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    analysis: AnalysisConfig = field(default_factory=AnalysisConfig)
    objective: Outcome = Outcome.surplus
    """What a search over configs (Optuna, a tracking service) goes by: of the learner, in its last round."""
    tracking: Any = field(default_factory=lambda: asdict(TrackingConfig()))
    """A TrackingConfig with the tracker's own keys: tracking.py here types it."""


def section_of(annotation: str) -> Any:
    """The section of the config, a dataclass of this file, that a field of this type holds; None for a value."""
    named = re.fullmatch(r"(?:Optional\[)?(\w+)\]?", annotation)
    found = globals().get(named[1]) if named else None
    return found if is_dataclass(found) else None
