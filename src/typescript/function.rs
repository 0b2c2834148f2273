//! Functions that PostgREST can call.

use crate::schema::{ColumnType, Function, Ident, Parameter};

use super::name::{key, order, sorted};
use super::script::Script;
use super::types::{Types, array};

/// Writes the functions of a namespace; several of one name are alternatives.
pub(super) fn write(script: &mut Script, types: &Types<'_>, namespace: &Ident) {
    let functions = sorted(&types.schema().functions, namespace, |function| {
        &function.signature.name
    });
    let callable: Vec<&Function> = functions.into_iter().filter(|f| is_callable(f)).collect();
    let groups: Vec<&[&Function]> = callable
        .chunk_by(|a, b| a.signature.name == b.signature.name)
        .collect();
    super::members(script, "Functions", &groups, |script, group| {
        let Some(name) = group.first().map(|first| &first.signature.name.name) else {
            return;
        };
        let forms: Vec<String> = group.iter().map(|function| form(types, function)).collect();
        script.union(&key(name.as_str()), &forms);
    });
}

/// A trigger's function, a procedure, or one whose arguments have no names is not for clients.
fn is_callable(function: &Function) -> bool {
    let inputs: Vec<&Parameter> = inputs(function).collect();
    let named = inputs.iter().all(|parameter| parameter.name.is_some());
    !function.procedure && (named || inputs.len() == 1) && !returns_trigger(function)
}

fn returns_trigger(function: &Function) -> bool {
    matches!(&function.returns, Some(ColumnType::Other(name)) if name == "trigger" || name == "event_trigger")
}

fn inputs(function: &Function) -> impl Iterator<Item = &Parameter> {
    let is_input = |p: &&Parameter| matches!(p.mode.as_str(), "IN" | "INOUT" | "VARIADIC");
    function.parameters.iter().filter(is_input)
}

fn name(parameter: &Parameter) -> &str {
    parameter.name.as_ref().map_or("", Ident::as_str)
}

fn form(types: &Types<'_>, function: &Function) -> String {
    let mut parameters: Vec<&Parameter> = inputs(function).collect();
    parameters.sort_by_cached_key(|parameter| order(name(parameter)));
    let arguments: Vec<String> = parameters
        .into_iter()
        .map(|parameter| {
            let mark = if parameter.default.is_some() { "?" } else { "" };
            let ty = types.of(&parameter.ty);
            format!("{}{mark}: {ty}", key(name(parameter)))
        })
        .collect();
    let arguments = if arguments.is_empty() {
        "Record<PropertyKey, never>".to_owned()
    } else {
        format!("{{ {} }}", arguments.join("; "))
    };
    let returns = returns(types, function);
    format!("{{ Args: {arguments}; Returns: {returns} }}")
}

fn returns(types: &Types<'_>, function: &Function) -> String {
    let columns: Vec<String> = function
        .parameters
        .iter()
        .filter(|parameter| parameter.mode == "TABLE")
        .map(|column| format!("{}: {}", key(name(column)), types.of(&column.ty)))
        .collect();
    if !columns.is_empty() {
        return format!("{{ {} }}[]", columns.join("; "));
    }
    let mut out = function
        .parameters
        .iter()
        .filter(|parameter| matches!(parameter.mode.as_str(), "OUT" | "INOUT"));
    let one = match (&function.returns, out.next(), out.next()) {
        (Some(ty), _, _) => types.of(ty),
        (None, Some(single), None) => types.of(&single.ty),
        (None, Some(_), Some(_)) => "Record<string, unknown>".to_owned(),
        (None, None, _) => "undefined".to_owned(),
    };
    if function.returns_set {
        array(&one)
    } else {
        one
    }
}
