"""The documentation for people, `/docs`: rendered from the OpenAPI document, with guides that are written here.

It knows no route, schema or key: what it shows of the API stands in the document, and what is tried out is sent by the
reader's browser. What it shows of codes, scopes and limits comes from where they are declared.
"""
