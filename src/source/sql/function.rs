//! CREATE and ALTER FUNCTION and PROCEDURE.

use super::acl::Granted;
use super::cursor::{Cursor, Path, Read};
use super::grant;
use super::literal;
use super::rename;
use super::setting;
use super::state::{Applied, Routine, State};
use crate::schema::{
    Body, ColumnType, Function, Ident, Parallel, Parameter, QualifiedName, Signature, Volatility,
};

/// `CREATE [ OR REPLACE ] { FUNCTION | PROCEDURE } …`, from after the kind.
pub(super) fn create(
    state: &mut State,
    c: &mut Cursor<'_>,
    procedure: bool,
    replaces: bool,
) -> Applied {
    let name = state.target(&c.path()?);
    let mut parameters = read_parameters(state, &c.parentheses()?)?;
    let mut returns = None;
    let mut returns_set = false;
    if c.eat_all(&["returns", "table"]) {
        for mut part in c.parentheses()?.split_at_commas() {
            parameters.push(Parameter {
                mode: "TABLE".to_owned(),
                name: Some(part.name()?),
                ty: bare(state.ty(part.ty()?)),
                default: None,
            });
        }
        returns_set = true;
    } else if c.is("returns") && !c.nth(1).eq_ignore_ascii_case("null") {
        c.skip();
        returns_set = c.is("setof");
        returns = Some(bare(state.ty(c.ty()?)));
    }
    let has_out = parameters
        .iter()
        .any(|p| p.mode == "OUT" || p.mode == "INOUT");
    let arguments = parameters.iter().filter(|p| is_input(&p.mode));
    let mut function = Function {
        signature: Signature {
            name,
            arguments: arguments.map(|p| p.ty.clone()).collect(),
        },
        procedure,
        parameters,
        returns: returns.filter(|_| !has_out),
        returns_set,
        language: "sql".to_owned(),
        volatility: Volatility::Volatile,
        strict: false,
        security_definer: false,
        leakproof: false,
        parallel: Parallel::Unsafe,
        settings: std::collections::BTreeMap::new(),
        body: Body::Text(String::new()),
        grants: Vec::new(),
        comment: None,
    };
    let mut is_window = false;
    while !c.is_done() {
        if c.eat("window") {
            is_window = true;
        } else if c.is("return") || c.are(&["begin", "atomic"]) {
            function.body = Body::Parsed(state.query(c.source()));
            c.skip_all();
        } else if c.eat("as") {
            function.body = Body::Text(body(c)?);
        } else {
            option(state, c, &mut function)?;
        }
    }
    if is_window {
        let name = function.signature.name;
        state.note_unmodelled("window function", Some(name), "");
        return Ok(());
    }
    insert(state, function, replaces)
}

fn insert(state: &mut State, mut function: Function, replaces: bool) -> Applied {
    let name = function.signature.name.clone();
    let acl = state.new_acl(&name.namespace, Granted::Routine);
    let overloads = state.routines.entry(name.clone()).or_default();
    let same = overloads
        .iter_mut()
        .find(|r| r.function.signature == function.signature);
    match same {
        Some(old) if replaces => {
            function.comment = old.function.comment.take();
            old.function = function;
        }
        Some(_) => return state.taken(&name),
        None => overloads.push(Routine {
            function,
            acl,
            owner: None,
        }),
    }
    Ok(())
}

fn is_input(mode: &str) -> bool {
    mode != "OUT" && mode != "TABLE"
}

fn read_parameters(state: &State, inner: &Cursor<'_>) -> Read<Vec<Parameter>> {
    let mut parameters = Vec::new();
    for mut c in inner.split_at_commas() {
        let mut mode = mode(&mut c);
        let name = if c.is_type() { None } else { Some(c.name()?) };
        if mode.is_none() {
            mode = self::mode(&mut c);
        }
        let ty = bare(state.ty(c.ty()?));
        let default = if c.eat("default") || c.eat("=") {
            Some(state.expression(c.expression()?.source()))
        } else {
            None
        };
        c.expect_done()?;
        parameters.push(Parameter {
            mode: mode.unwrap_or("IN").to_owned(),
            name,
            ty,
            default,
        });
    }
    Ok(parameters)
}

fn mode(c: &mut Cursor<'_>) -> Option<&'static str> {
    if c.eat_all(&["in", "out"]) {
        return Some("INOUT");
    }
    let mode = c.eat_any(&["in", "out", "inout", "variadic"])?;
    Some(match mode {
        "in" => "IN",
        "out" => "OUT",
        "inout" => "INOUT",
        _ => "VARIADIC",
    })
}

/// A type as a signature keeps it: without length or precision.
pub(super) fn bare(ty: ColumnType) -> ColumnType {
    use ColumnType as T;
    match ty {
        T::Varchar { .. } => T::Varchar { limit: None },
        T::Char { .. } => T::Char { limit: Some(1) },
        T::Numeric { .. } => T::Numeric {
            precision: None,
            scale: None,
        },
        T::Time { tz, .. } => T::Time {
            precision: None,
            tz,
        },
        T::Timestamp { tz, .. } => T::Timestamp {
            precision: None,
            tz,
        },
        T::Interval { .. } => T::Interval {
            fields: String::new(),
        },
        T::Array(element) => T::Array(Box::new(bare(*element))),
        T::Other(text) => match text.split_once('(') {
            // As the server's own name for it reads.
            Some(("bit", _)) => T::Other("bit(1)".to_owned()),
            Some((name, _)) => T::Other(name.trim_end().to_owned()),
            None => T::Other(text),
        },
        other => other,
    }
}

/// The text between the quotes; of a C function the symbol, which the catalog keeps in its place.
fn body(c: &mut Cursor<'_>) -> Read<String> {
    let mut text = c.string()?;
    if c.eat(",") {
        text = c.string()?;
    }
    Ok(text.replace("\r\n", "\n"))
}

/// One option of CREATE or ALTER FUNCTION.
fn option(state: &State, c: &mut Cursor<'_>, function: &mut Function) -> Read<()> {
    if c.eat("language") {
        function.language = match c.string() {
            Ok(text) => text.to_lowercase(),
            Err(_) => c.name()?.as_str().to_owned(),
        };
    } else if let Some(word) = c.eat_any(&["immutable", "stable", "volatile"]) {
        function.volatility = match word {
            "immutable" => Volatility::Immutable,
            "stable" => Volatility::Stable,
            _ => Volatility::Volatile,
        };
    } else if c.eat_all(&["not", "leakproof"]) {
        function.leakproof = false;
    } else if c.eat("leakproof") {
        function.leakproof = true;
    } else if c.eat_all(&["called", "on", "null", "input"]) {
        function.strict = false;
    } else if c.eat("strict") || c.eat_all(&["returns", "null", "on", "null", "input"]) {
        function.strict = true;
    } else if c.eat("external") || c.eat("restrict") {
        // Noise words.
    } else if c.eat_all(&["security", "definer"]) {
        function.security_definer = true;
    } else if c.eat_all(&["security", "invoker"]) {
        function.security_definer = false;
    } else if c.eat("parallel") {
        function.parallel = match c.name()?.as_str() {
            "safe" => Parallel::Safe,
            "restricted" => Parallel::Restricted,
            _ => Parallel::Unsafe,
        };
    } else if c.eat("cost") || c.eat("rows") {
        c.skip();
    } else if c.eat("support") {
        c.path()?;
    } else if c.eat("transform") {
        c.list(|c| {
            c.expect("for")?;
            c.expect("type")?;
            c.ty()
        })?;
    } else if c.eat("set") {
        if let Some((name, value)) = setting::read(state, c)? {
            function.settings.insert(name, value);
        }
    } else if c.eat("reset") {
        if c.eat("all") {
            function.settings.clear();
        } else {
            function.settings.remove(&setting::name(c)?);
        }
    } else {
        return Err(c.misread("expected an option of a function"));
    }
    Ok(())
}

/// A function as statements refer to it.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) path: Path,
    /// `None` when no parentheses were written.
    arguments: Option<Vec<ColumnType>>,
}

/// `name [ ( arguments ) ]`
pub(super) fn read_reference(state: &State, c: &mut Cursor<'_>) -> Read<Reference> {
    let path = c.path()?;
    let arguments = if c.is("(") {
        let parameters = read_parameters(state, &c.parentheses()?)?;
        let inputs = parameters.into_iter().filter(|p| is_input(&p.mode));
        Some(inputs.map(|p| p.ty).collect())
    } else {
        None
    };
    Ok(Reference { path, arguments })
}

/// The overload that is meant.
pub(super) fn find(state: &State, reference: &Reference) -> Option<(QualifiedName, usize)> {
    let name = state.resolve(&reference.path, |name| state.routines.contains_key(name))?;
    let overloads = state.routines.get(&name)?;
    let at = match &reference.arguments {
        None => 0,
        Some(arguments) => overloads
            .iter()
            .position(|r| r.function.signature.arguments == *arguments)?,
    };
    Some((name, at))
}

/// `ALTER { FUNCTION | PROCEDURE | ROUTINE } …`, from after the kind.
pub(super) fn alter(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let reference = read_reference(state, c)?;
    let Some((name, at)) = find(state, &reference) else {
        return state.missing_routine(&reference.path);
    };
    if c.eat_all(&["rename", "to"]) {
        let to = QualifiedName::new(name.namespace.clone(), c.name()?);
        rename::routine(state, &name, at, &to);
        return Ok(());
    }
    if c.eat_all(&["set", "schema"]) {
        let to = QualifiedName::new(c.name()?, name.name.clone());
        rename::routine(state, &name, at, &to);
        return Ok(());
    }
    if c.eat_all(&["owner", "to"]) {
        let role = grant::role(state, c)?;
        if let Some(routine) = state.routines.get_mut(&name).and_then(|r| r.get_mut(at)) {
            routine.owner = Some(role);
        }
        return Ok(());
    }
    if c.is("depends") || c.is("no") {
        return Ok(());
    }
    let Some(mut function) = state.routines.get(&name).map(|r| r[at].function.clone()) else {
        return Ok(());
    };
    while !c.is_done() {
        option(state, c, &mut function)?;
    }
    if let Some(routine) = state.routines.get_mut(&name).and_then(|r| r.get_mut(at)) {
        routine.function = function;
    }
    Ok(())
}

/// The function a trigger runs.
/// Functions for triggers that every database has.
const OF_THE_SERVER: [&str; 3] = [
    "suppress_redundant_updates_trigger",
    "tsvector_update_trigger",
    "tsvector_update_trigger_column",
];

pub(super) fn resolve_trigger_function(state: &State, path: &Path) -> QualifiedName {
    // Whatever the search path is, the server looks among its own first.
    if path.namespace.is_none()
        && OF_THE_SERVER.contains(&path.name.as_str())
        && let Ok(own) = Ident::new("pg_catalog")
    {
        return QualifiedName::new(own, path.name.clone());
    }
    state
        .resolve(path, |name| state.routines.contains_key(name))
        .unwrap_or_else(|| state.target(path))
}

/// An argument of a trigger's function: a string's value, any other word as it is.
pub(super) fn trigger_argument(c: &Cursor<'_>) -> String {
    let text = c.source();
    literal::string(text)
        .or_else(|| {
            c.is_name()
                .then(|| literal::name(text).map(String::from))
                .flatten()
        })
        .unwrap_or_else(|| text.to_owned())
}
