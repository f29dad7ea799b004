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
  "@graphql-eslint/relay-edge-types": {
    reason: "A connection has `nodes` beside `edges`, as GitHub's and Shopify's have; groups and strings come as lists.",
    options: [{ withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
  },
  "@graphql-eslint/require-nullable-result-in-root": {
    reason: "A connection, a list or the viewer is never null: it may be empty, or the request fails as a whole.",
    options: "off",
  },
  "@graphql-eslint/strict-id-in-types": {
    reason: "What is counted, paged or asked about oneself is no record; a scope's name is its identity.",
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
            "GroupKey",
            "Stats",
            "Sum",
          ],
          types: ["PageInfo", "Scope", "Viewer"],
        },
      },
    ],
  },
};
