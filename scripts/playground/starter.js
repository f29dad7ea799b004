// Queries to begin with, made from the schema of one key: whatever they name, that key may read.
import { getNamedType, getNullableType, isLeafType, isObjectType, parse, print } from "graphql";

const TELLING = "firstName lastName name title subject email status state score kind url createdAt".split(" ");
const LABELS = ["name", "title", "subject", "firstName"];

const ANYTHING = `# Every key may ask this.
{
  ping
  viewer {
    name
    mode
    scopes
  }
}
`;

/** The root fields that list records, `{ name, type }` each, the richest noun first. */
export function listings(schema) {
  return fieldsOf(schema?.getQueryType())
    .map((field) => ({ name: field.name, type: listed(field) }))
    .filter(({ type }) => type)
    .sort(byRichness);
}

/** A query for a listing, or for what every key may ask where there is none. */
export function starterQuery(listing) {
  if (!listing) return ANYTHING;
  const { name, type } = listing;
  const fields = ["id", ...present(type, TELLING).slice(0, 5), ...links(type)].join(" ");
  return print(parse(`query ${name[0].toUpperCase()}${name.slice(1)} { ${name}(first: 5) { nodes { ${fields} } } }`)) + "\n";
}

/** A link to one record and a link to many, each with what the record at its other end is called. */
function links(type) {
  const find = (target, write) => {
    const ends = fieldsOf(type).map((field) => ({ name: field.name, type: target(field) }));
    const named = ends.filter((end) => end.type && labelOf(end.type)).sort(byRichness);
    const best = named.find((end) => labelOf(end.type) === "name") ?? named[0];
    return best ? [write(best.name, labelOf(best.type))] : [];
  };
  return [
    ...find(linked, (name, label) => `${name} { ${label} }`),
    ...find(listed, (name, label) => `${name}(first: 3) { nodes { ${label} } }`),
  ];
}

const byRichness = (one, other) => fieldsOf(other.type).length - fieldsOf(one.type).length;

const labelOf = (type) => present(type, LABELS)[0];

const present = (type, names) => names.filter((name) => isLeafType(typeOf(type.getFields()[name])));

const typeOf = (field) => field && getNamedType(field.type);

const fieldsOf = (type) => Object.values(type?.getFields() ?? {});

/** The type of the nodes, where a field gives a connection. */
const listed = (field) => (isConnection(typeOf(field)) ? typeOf(typeOf(field).getFields().nodes) : null);

/** The type of the record, where a field gives one. */
const linked = (field) => {
  const type = getNullableType(field.type);
  return isObjectType(type) && !isConnection(type) ? type : null;
};

const isConnection = (type) => isObjectType(type) && type.name.endsWith("Connection");
