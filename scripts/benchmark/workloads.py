"""The workloads, each as the request that every contestant is sent."""

from dataclasses import dataclass
from typing import Any

W1 = "query($id: ID!) { contact(id: $id) { id email firstName lastName phone status score createdAt } }"
W2 = """{ contacts(first: 50) { nodes {
  id email firstName lastName phone source status score createdAt customFields
  tags { nodes { name } } stage { name pipeline { name } } company { name } } } }"""
_FILTER = """contacts(first: 20, filter: { status: { eq: $status }, tags: { some: { id: { eq: $tag } } },
  score: { gte: $score } }) { %s nodes { id email firstName lastName status score } }"""
W3 = f"query($status: ContactStatus!, $tag: ID!, $score: Int!) {{ {_FILTER % 'totalCount'} }}"
W3B = f"query($status: ContactStatus!, $tag: ID!, $score: Int!) {{ {_FILTER % ''} }}"
W4 = "{ contacts(first: 20) { nodes { id email messages(first: 5) { nodes { id subject status sentAt } } } } }"
W6 = "{ __typename }"


@dataclass(frozen=True)
class Workload:
    """One kind of request: its GraphQL, and the path of *limit* that answers the same."""

    name: str
    query: str
    path: str
    by_id: bool = False
    filtered: bool = False

    def variables(self, contact: Any, tag: Any) -> dict[str, Any]:
        if self.by_id:
            return {"id": contact}
        return {"status": "QUALIFIED", "tag": tag, "score": 50} if self.filtered else {}


WORKLOADS = (
    Workload("W1", W1, "/w1", by_id=True),
    Workload("W2", W2, "/w2"),
    Workload("W3", W3, "/w3", filtered=True),
    Workload("W3b", W3B, "/w3b", filtered=True),
    Workload("W4", W4, "/w4"),
    Workload("W6", W6, "/w6"),
)
