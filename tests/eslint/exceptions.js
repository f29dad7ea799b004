// The rules that schema.graphql does not follow to the letter, and why. Each is needed: tests/test_schema_lint.py lints
// without them as well, and expects just these rules to complain.
export const exceptions = {
  "@graphql-eslint/alphabetize": {
    reason: "The directive stands before the types that use it. Fields are in plain order: id and createdAt too.",
    options: [
      {
        definitions: false,
        fields: ["ObjectTypeDefinition", "InterfaceTypeDefinition", "InputObjectTypeDefinition"],
        values: true,
        arguments: ["FieldDefinition", "DirectiveDefinition"],
      },
    ],
  },
  "@graphql-eslint/input-name": {
    reason: "What is changed, what it becomes and how (`ifVersion`, `onError`, `dryRun`) are arguments of their own.",
    options: "off",
  },
  "@graphql-eslint/no-root-type": {
    reason: "There are mutations. Subscriptions are still forbidden: nothing would answer them.",
    options: [{ disallow: ["subscription"] }],
  },
  "@graphql-eslint/relay-edge-types": {
    reason: "A connection has `nodes` beside `edges`, as GitHub's and Shopify's have; groups and strings come as lists.",
    options: [{ withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
  },
  "@graphql-eslint/require-field-of-type-query-in-mutation-result": {
    reason: "A payload shows the changed records inside the transaction; whatever else is wanted is asked by a query.",
    options: "off",
  },
  "@graphql-eslint/require-nullable-result-in-root": {
    reason: "A connection, a list or the viewer is never null: it may be empty, or the request fails as a whole.",
    options: "off",
  },
  "@graphql-eslint/strict-id-in-types": {
    reason: "What is counted, paged, answered or asked about oneself is no record; a scope's name is its identity.",
    options: [
      {
        acceptedIdNames: ["id"],
        acceptedIdTypes: ["ID"],
        exceptions: {
          suffixes: [
            "Aggregate",
            "Analytics",
            "AnalyticsKey",
            "Average",
            "Connection",
            "Edge",
            "Extremes",
            "Feed",
            "GroupKey",
            "Payload",
            "Result",
            "Stats",
            "Sum",
          ],
          types: [
            "ApiKeyUsage",
            "DeniedAttempts",
            "PageInfo",
            "RateLimit",
            "RateLimitBucket",
            "SchemaChange",
            "Scope",
            "ScopeChoice",
            "ScopesNeeded",
            "UsedScope",
            "UserError",
            "Viewer",
          ],
        },
      },
    ],
  },
};
