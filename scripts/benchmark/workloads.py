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
W5 = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id email } } }"
W6 = "{ __typename }"
W7 = """mutation($contacts: [CreateContactInput!]!) {
  createContacts(contacts: $contacts) { results { contact { id } } } }"""


@dataclass(frozen=True)
class Workload:
    """One kind of request: its GraphQL, and the path of *limit* that answers the same; `rows` that each one writes."""

    name: str
    query: str
    path: str
    by_id: bool = False
    filtered: bool = False
    rows: int = 0
    concurrency: str = "1,32"

    def variables(self, number: int, contact: Any, tag: Any) -> dict[str, Any]:
        """Of the request of this number."""
        if self.by_id:
            return {"id": contact}
        if self.rows == 1:
            return {"input": _contact(number)}
        if self.rows:
            return {"contacts": [_contact(number * self.rows + row) for row in range(self.rows)]}
        return {"status": "QUALIFIED", "tag": tag, "score": 50} if self.filtered else {}


def _contact(number: int) -> dict[str, Any]:
    """A new contact."""
    return {
        "email": f"new{number}@company{number % 5000}.example",
        "firstName": f"First{number % 997}",
        "lastName": f"Last{number % 4999}",
        "phone": f"+1-555-{number:07}",
        "score": number % 101,
        "customFields": {"role": "Buyer", "number": number},
    }


WORKLOADS = (
    Workload("W1", W1, "/w1", by_id=True),
    Workload("W2", W2, "/w2"),
    Workload("W3", W3, "/w3", filtered=True),
    Workload("W3b", W3B, "/w3b", filtered=True),
    Workload("W4", W4, "/w4"),
    Workload("W6", W6, "/w6"),
    Workload("W5", W5, "/w5", rows=1),
    Workload("W7", W7, "/w7", rows=500, concurrency="1,4"),
)
