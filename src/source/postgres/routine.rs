//! Functions, procedures and triggers.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Fields, RowError, unknown};
use super::grant::{Collector, PUBLIC};
use super::reading::{Reading, deferral};
use crate::schema::{
    Body, Expression, Function, Ident, Parallel, Parameter, Signature, Spelling, Trigger,
    TriggerState, TriggerTiming, Volatility,
};

impl Reading {
    pub(super) fn take_function(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let procedure = row.flag("procedure")?;
        let parameters = self.parameters(row)?;
        let goes_in = |mode: &str| matches!(mode, "IN" | "INOUT" | "VARIADIC");
        let arguments = parameters
            .iter()
            .filter(|parameter| goes_in(&parameter.mode))
            .map(|parameter| parameter.ty.clone())
            .collect();
        let told_by_parameters = parameters
            .iter()
            .any(|parameter| matches!(parameter.mode.as_str(), "OUT" | "INOUT" | "TABLE"));
        let returns = (!procedure && !told_by_parameters)
            .then(|| Ok::<_, RowError>(self.column_type(row.text("returns")?)))
            .transpose()?;
        let body = match row.optional("parsed")? {
            Some(parsed) => Body::Parsed(Expression::query(
                parsed.trim(),
                Spelling::Deparsed,
                &self.home,
            )),
            None => Body::Text(row.text("source")?.replace("\r\n", "\n")),
        };
        let settings = row.list::<String>("settings")?;
        let settings: BTreeMap<String, String> = settings
            .iter()
            .filter_map(|setting| setting.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut grants = Collector::default();
        if row.optional("acl")?.is_some() {
            grants.add(&row.list::<String>("acl")?, row.text("owner")?, None);
        } else {
            grants.note(PUBLIC, "EXECUTE", false, None);
        }
        self.schema.functions.push(Function {
            signature: Signature {
                name: row.name("namespace", "name")?,
                arguments,
            },
            procedure,
            parameters,
            returns,
            returns_set: row.flag("returns_set")?,
            language: row.text("language")?.to_owned(),
            volatility: match row.text("volatility")? {
                "i" => Volatility::Immutable,
                "s" => Volatility::Stable,
                "v" => Volatility::Volatile,
                other => return Err(unknown("volatility", other)),
            },
            strict: row.flag("strict")?,
            security_definer: row.flag("security_definer")?,
            leakproof: row.flag("leakproof")?,
            parallel: match row.text("parallel")? {
                "u" => Parallel::Unsafe,
                "r" => Parallel::Restricted,
                "s" => Parallel::Safe,
                other => return Err(unknown("parallel", other)),
            },
            settings,
            body,
            grants: grants.finish(),
            comment: row.optional("comment")?,
        });
        Ok(())
    }

    fn parameters(&self, row: &Fields<'_>) -> Result<Vec<Parameter>, RowError> {
        let types: Vec<String> = row.list("types")?;
        let modes: Vec<String> = row.list("modes")?;
        let names: Vec<String> = row.list("names")?;
        let mut defaults = row.list::<Option<String>>("defaults")?.into_iter();
        let mut parameters = Vec::with_capacity(types.len());
        for (at, ty) in types.iter().enumerate() {
            // Without a list of modes all go in; a parameter without a name has an empty one.
            let mode = match modes.get(at).map_or("i", String::as_str) {
                "i" => "IN",
                "o" => "OUT",
                "b" => "INOUT",
                "v" => "VARIADIC",
                "t" => "TABLE",
                other => return Err(unknown("modes", other)),
            };
            let name = names.get(at).filter(|name| !name.is_empty());
            parameters.push(Parameter {
                mode: mode.to_owned(),
                name: name.map(Ident::new).transpose()?,
                ty: self.column_type(ty),
                default: self.expression(defaults.next().flatten()),
            });
        }
        Ok(parameters)
    }

    pub(super) fn take_trigger(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let flags = row.number("flags")?;
        let definition = row.optional("definition")?;
        let condition = definition.as_deref().and_then(when);
        let arguments = row.text("arguments")?;
        let trigger = Trigger {
            name: row.ident("name")?,
            timing: match (flags & BEFORE != 0, flags & INSTEAD != 0) {
                (true, _) => TriggerTiming::Before,
                (false, true) => TriggerTiming::InsteadOf,
                (false, false) => TriggerTiming::After,
            },
            events: events(flags, &row.list("columns")?),
            each_row: flags & ROW != 0,
            when: condition.map(|text| Expression::deparsed(text, &self.home)),
            function: row.name("function_namespace", "function_name")?,
            arguments: literals(arguments).ok_or_else(|| unknown("arguments", arguments))?,
            constraint: match row.flag("is_constraint")? {
                true => Some(deferral(row)?),
                false => None,
            },
            old_table: row.optional_ident("old_table")?,
            new_table: row.optional_ident("new_table")?,
            enabled: match row.text("enabled")? {
                "O" => TriggerState::Enabled,
                "D" => TriggerState::Disabled,
                "R" => TriggerState::Replica,
                "A" => TriggerState::Always,
                other => return Err(unknown("enabled", other)),
            },
            comment: row.optional("comment")?,
        };
        let relation = row.number("relation")?;
        if let Some(table) = self.table(relation) {
            table.triggers.push(trigger);
        } else if let Some(view) = self.view(relation) {
            view.triggers.push(trigger);
        }
        Ok(())
    }
}

// The bits of `tgtype`, from the server's catalog/pg_trigger.h.
const ROW: i64 = 1;
const BEFORE: i64 = 1 << 1;
const INSERT: i64 = 1 << 2;
const DELETE: i64 = 1 << 3;
const UPDATE: i64 = 1 << 4;
const TRUNCATE: i64 = 1 << 5;
const INSTEAD: i64 = 1 << 6;

fn events(flags: i64, columns: &[Ident]) -> BTreeSet<String> {
    let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let update = if names.is_empty() {
        "UPDATE".to_owned()
    } else {
        format!("UPDATE OF {}", names.join(", "))
    };
    let all = [
        (INSERT, "INSERT".to_owned()),
        (UPDATE, update),
        (DELETE, "DELETE".to_owned()),
        (TRUNCATE, "TRUNCATE".to_owned()),
    ];
    let chosen = all.into_iter().filter(|(bit, _)| flags & bit != 0);
    chosen.map(|(_, event)| event).collect()
}

/// A trigger's arguments, each ended by a zero byte, the whole printed in hexadecimal.
fn literals(hex: &str) -> Option<Vec<String>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    let bytes: Vec<u8> = pairs
        .map(|pair| u8::try_from(pair.iter().fold(0, |high, low| high * 16 + low)).ok())
        .collect::<Option<_>>()?;
    bytes
        .split_inclusive(|&byte| byte == 0)
        .map(|literal| String::from_utf8(literal.strip_suffix(&[0])?.to_vec()).ok())
        .collect()
}

/// What stands between the parentheses of `WHEN (…)` in a trigger's definition.
fn when(definition: &str) -> Option<&str> {
    let mut quote = None;
    let mut depth = 0_u32;
    let mut begin = None;
    for (at, c) in definition.char_indices() {
        match (quote, c) {
            // A doubled quote ends and begins again, which comes to the same.
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => {
                let before = definition.get(..at)?;
                if depth == 0 && begin.is_none() && before.ends_with(" WHEN ") {
                    begin = Some(at + 1);
                }
                depth += 1;
            }
            (None, ')') => {
                depth = depth.checked_sub(1)?;
                if let (0, Some(begin)) = (depth, begin) {
                    return definition.get(begin..at);
                }
            }
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_triggers_condition_among_its_quotes() {
        for (definition, expected) in [
            (
                "CREATE TRIGGER a AFTER UPDATE ON public.t FOR EACH ROW WHEN ((old.x > new.x)) EXECUTE FUNCTION public.f()",
                Some("(old.x > new.x)"),
            ),
            (
                r#"CREATE TRIGGER " WHEN (" AFTER UPDATE ON public.t FOR EACH ROW WHEN (((new.a)::text = ')'' EXECUTE'::text)) EXECUTE FUNCTION public.f('b')"#,
                Some("((new.a)::text = ')'' EXECUTE'::text)"),
            ),
            (
                "CREATE TRIGGER a AFTER UPDATE ON public.t EXECUTE FUNCTION public.f('WHEN (x)')",
                None,
            ),
            ("WHEN )", None),
        ] {
            assert_eq!(when(definition), expected);
        }
    }

    #[test]
    fn arguments_end_with_a_zero_byte() {
        for (hex, expected) in [
            ("", Some(vec![])),
            ("00", Some(vec![""])),
            ("c3a4006200", Some(vec!["ä", "b"])),
            ("62", None),
            ("ff00", None),
            ("xx00", None),
        ] {
            let expected = expected.map(|all| all.into_iter().map(str::to_owned).collect());
            assert_eq!(literals(hex), expected, "{hex}");
        }
    }
}
