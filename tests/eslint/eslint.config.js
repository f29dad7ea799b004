// Every rule that graphql-eslint has for schemas, Relay's included, and descriptions on everything. The exceptions are
// in exceptions.js; EXCEPTIONS=none lints without them.
import graphql from "@graphql-eslint/eslint-plugin";
import { exceptions } from "./exceptions.js";

const { configs } = graphql;
const excepted = Object.entries(exceptions).map(([rule, { options }]) => [
  rule,
  options === "off" ? "off" : ["error", ...options],
]);

export default [
  {
    files: ["**/*.graphql"],
    linterOptions: { noInlineConfig: true },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: "./schema.graphql" } },
    },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...configs["flat/schema-recommended"].rules,
      ...configs["flat/schema-all"].rules,
      ...configs["flat/schema-relay"].rules,
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          EnumValueDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
        },
      ],
      ...(process.env.EXCEPTIONS === "none" ? {} : Object.fromEntries(excepted)),
    },
  },
];
