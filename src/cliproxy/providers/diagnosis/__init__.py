"""
What upstreams say of refusals and quotas: status, headers, bodies and stream events -> `Failure`, `QuotaWindow`.

`reading` names what each kind of account says, as one `Signals`; a provider takes its `diagnose` and `quota` from it.
"""
