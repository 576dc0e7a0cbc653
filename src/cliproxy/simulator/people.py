"""Who has accounts at the simulated vendors. Everybody has one at each of them, known by the same e-mail."""

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Somebody with an account at every vendor."""

    email: str
    plan: str = "plus"  # at OpenAI
    account_id: str = "acc-1"  # at OpenAI
    organization: str = "org-1"  # at Anthropic
    projects: tuple[str, ...] = ("project-1",)  # in Google's cloud
    is_onboarded: bool = False  # at Google's Code Assist, which gives him the first project if he has none there
    tier: str = "free-tier"  # at Google's Code Assist
    assigned_project: str = ""  # that Code Assist gives him whatever he asks for; "": the one he asks for


ANN = Person("ann@example.com")
