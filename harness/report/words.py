"""How impact, blame and confidence are said, wherever a person reads them."""

from harness.model.verdict import Confidence, Finding, Impact, Party

IMPACT = {
    Impact.BREAKS: "breaks the connection",
    Impact.DEGRADES: "a risk for the connection",
    Impact.ADVISORY: "no harm on this surface",
    Impact.NONE: "no effect on this surface",
}

PARTY = {
    Party.SERVER: "the MCP server",
    Party.AUTHORIZATION_SERVER: "the authorization server",
    Party.INFRASTRUCTURE: "the infrastructure in front",
    Party.CLAUDE: "Claude",
    Party.CONFIGURATION: "the configuration",
}

CONFIDENCE = {
    Confidence.DOCUMENTED: "documented by Anthropic",
    Confidence.MEASURED: "measured on the real client",
    Confidence.REPORTED: "reported, with a fix that worked",
    Confidence.OBSERVED: "observed in traces, cause not proven",
    Confidence.CONTESTED: "contested: there is evidence for both answers",
    Confidence.SPECIFICATION: "follows from the specification, no report known",
    Confidence.GUESS: "a guess",
}


def blame(finding: Finding) -> str:
    """What a finding did or can do, and whose fault it is."""
    impact = IMPACT[finding.impact]
    if finding.claimed is Impact.BREAKS and finding.impact is Impact.DEGRADES:
        impact = "known to break connections, though not this one"
    return f"{impact}, fault of {PARTY[finding.party]}"
