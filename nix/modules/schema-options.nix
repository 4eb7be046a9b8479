# NixOS options out of the JSON Schema of hubwright's settings: names, types, defaults and
# descriptions are those of the site file, so the two can't differ. What a schema can't say is
# checked by `hubwright config check` when the site is built.
{ lib, schema }:
let
  inherit (lib) mkOption types;

  definitionOf = ref: schema."$defs".${lib.removePrefix "#/$defs/" ref};

  # patterns are Python's; of these, POSIX has the simple ones
  isPosix = pattern: !(lib.hasInfix "(?:" pattern || lib.hasInfix "\\" pattern);

  bounded =
    base: node:
    let
      tests =
        lib.optional (node ? minimum) (x: x >= node.minimum)
        ++ lib.optional (node ? maximum) (x: x <= node.maximum)
        ++ lib.optional (node ? exclusiveMinimum) (x: x > node.exclusiveMinimum);
      range = lib.concatStringsSep ", " (
        lib.optional (node ? minimum) "at least ${toString node.minimum}"
        ++ lib.optional (node ? maximum) "at most ${toString node.maximum}"
        ++ lib.optional (node ? exclusiveMinimum) "more than ${toString node.exclusiveMinimum}"
      );
    in
    if tests == [ ] then
      base
    else
      types.addCheck base (x: lib.all (test: test x) tests)
      // {
        description = "${base.description}, ${range}";
      };

  typeOf =
    node:
    if node ? "$ref" then
      areaOf (definitionOf node."$ref")
    else if node ? anyOf then
      unionOf node.anyOf
    else if node ? const then
      types.enum [ node.const ]
    else if node ? enum then
      types.enum node.enum
    else
      {
        array = types.listOf (typeOf (node.items or { type = "string"; }));
        boolean = types.bool;
        integer = bounded types.int node;
        number = bounded types.number node;
        object = types.attrsOf (typeOf (lib.head (lib.attrValues node.patternProperties)));
        string =
          if node ? pattern && isPosix node.pattern then
            types.strMatching (lib.removePrefix "^" (lib.removeSuffix "$" node.pattern))
          else
            types.str;
      }
      .${node.type};

  unionOf =
    branches:
    let
      rest = lib.filter (branch: branch.type or "" != "null") branches;
      type = types.oneOf (map typeOf rest);
    in
    if lib.length rest < lib.length branches then types.nullOr type else type;

  # keys that the schema lacks are let through: config check names the nearest one that it has
  areaOf =
    definition:
    types.submodule {
      freeformType = types.attrsOf types.anything;
      options = optionsOf definition;
    };

  optionsOf =
    definition:
    lib.mapAttrs (
      name: node: optionOf node (lib.elem name (definition.required or [ ]))
    ) definition.properties;

  optionOf =
    node: required:
    mkOption (
      {
        type = typeOf node;
        description = node.description or (definitionOf node."$ref").description;
      }
      // lib.optionalAttrs (!required) {
        default = if node ? "$ref" then { } else node.default or { };
      }
    );
in
{
  options = optionsOf schema;

  # what is not given stays out of the document
  withoutNulls = lib.filterAttrsRecursive (_: value: value != null);
}
