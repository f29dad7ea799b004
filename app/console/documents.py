"""The GraphQL documents that the page is made of."""

from typing import Final

_KEY = """
fragment Key on ApiKey {
  id version name mode state prefix scopes allowedIps temporary
  createdAt expiresAt previousUntil lastUsedAt lastUsedIp requestCount
  createdBy { name }
}
"""

ABOUT: Final = """
query About {
  viewer { member { name email developer } }
  workspaces(first: 1) { nodes { name dialect revocationPolicy testKeyPolicy apiEnabled } }
  scopes { name granted }
}
"""

KEYS: Final = (
    """
query Keys($first: Int!, $after: String, $filter: ApiKeyFilter) {
  apiKeys(first: $first, after: $after, filter: $filter) {
    nodes { ...Key }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""
    + _KEY
)

KEY: Final = "query Key($id: ID!) { apiKey(id: $id) { ...Key } }" + _KEY

USAGE: Final = (
    """
query Usage($id: ID!) {
  apiKey(id: $id) {
    ...Key
    usage {
      scopes { scope requests lastUsedOn }
      unusedScopes
      suggestedScopes
      denied { missingScopes count lastAt }
    }
  }
}
"""
    + _KEY
)

AUDIT: Final = """
query Audit($first: Int!, $after: String, $filter: EventFilter) {
  auditLog(first: $first, after: $after, filter: $filter) {
    nodes { type at subjectId changes keyPrefix actorKey { name } actingUser { name } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

NAMES: Final = "query Names($ids: [ID!]!) { nodes(ids: $ids) { id ... on ApiKey { name } } }"

CREATE: Final = """
mutation Create($input: CreateApiKeyInput!) {
  done: createApiKey(input: $input) { apiKey { name mode prefix } key userErrors { field message } }
}
"""

UPDATE: Final = """
mutation Update($id: ID!, $input: UpdateApiKeyInput!, $version: Int) {
  done: updateApiKey(id: $id, input: $input, ifVersion: $version) { apiKey { id } userErrors { field message } }
}
"""

TEST: Final = """
mutation Test { done: createPlaygroundKey { key userErrors { field message } } }
"""

PLAY: Final = """
mutation Play($scopes: [String!]!) {
  done: createPlaygroundKey(scopes: $scopes) { key userErrors { field message } }
}
"""

ROTATE: Final = """
mutation Rotate($id: ID!, $overlap: Int!) {
  done: rotateApiKey(id: $id, overlap: $overlap) { apiKey { name mode prefix } key userErrors { field message } }
}
"""

REVOKE: Final = """
mutation Revoke($id: ID!) { done: revokeApiKey(id: $id) { apiKey { id } userErrors { field message } } }
"""

REACTIVATE: Final = """
mutation Reactivate($id: ID!) { done: reactivateApiKey(id: $id) { apiKey { id } userErrors { field message } } }
"""

DELETE: Final = "mutation Delete($id: ID!) { done: deleteApiKey(id: $id) { userErrors { field message } } }"
