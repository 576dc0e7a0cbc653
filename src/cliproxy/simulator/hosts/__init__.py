"""
The hosts of the vendors under their real names: Google's, OpenAI's and Anthropic's by login, Qwen, iFlow and Kimi.

    hosts = Hosts(owner_of, clock)
    if hosts.knows(request.host):
        answer = hosts.answer(request)

A request is checked as the vendor would, and what is behind it is answered by the speakers of the simulator. A request
to upgrade to a WebSocket is answered with 101 where the vendor takes it; then `socket` plays what follows.

Source: the sheets of `providers/` (sections c), `dialects/{codex,gemini-cli,antigravity}` and `quota`.
"""

from cliproxy.simulator.hosts.antigravity import NO_CAPACITY
from cliproxy.simulator.hosts.codex_socket import Frames
from cliproxy.simulator.hosts.hosts import Hosts

__all__ = ["NO_CAPACITY", "Frames", "Hosts"]
