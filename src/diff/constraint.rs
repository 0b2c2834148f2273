//! Keys, foreign keys, checks, exclusions and indexes: compared by what they say, not by their names.

use super::change::{Change, Object, What};
use super::facts::{Pair, change};
use crate::schema::{
    Action, Agreement, Check, Deferral, Exclusion, Expression, Facet, ForeignKey, Ident, Index,
    IndexElement, IndexKey, Key, Schema,
};

/// Compares every constraint and index of a pair.
pub(crate) fn compare(pair: &mut Pair<'_, '_>) {
    let (from, to) = (pair.from, pair.to);
    if pair.context.both_say(Facet::PrimaryKeys) {
        let from: Vec<_> = from
            .primary_key
            .iter()
            .map(|k| carried_key(pair, k))
            .collect();
        sets(
            pair,
            Object::PrimaryKey,
            from,
            to.primary_key.iter().map(said_key).collect(),
        );
    }
    if pair.context.both_say(Facet::Uniques) {
        let from: Vec<_> = from.unique.iter().map(|k| carried_key(pair, k)).collect();
        sets(
            pair,
            Object::Unique,
            from,
            to.unique.iter().map(said_key).collect(),
        );
    }
    if pair.context.both_say(Facet::ForeignKeys) {
        foreign_keys(pair);
    }
    if pair.context.both_say(Facet::Checks) {
        checks(pair);
        let from: Vec<_> = from
            .exclusions
            .iter()
            .map(|e| carried_exclusion(pair, e))
            .collect();
        sets(
            pair,
            Object::Exclusion,
            from,
            to.exclusions.iter().map(said_exclusion).collect(),
        );
    }
    if pair.context.both_say(Facet::Indexes) {
        let from: Vec<_> = from
            .indexes
            .iter()
            .map(|i| carried_index(pair, i))
            .collect();
        sets(
            pair,
            Object::Index,
            from,
            to.indexes.iter().map(said_index).collect(),
        );
    }
}

/// Something with a name, as the to side would say it.
pub(super) struct Said {
    pub(super) name: String,
    pub(super) text: String,
}

/// What only one side says becomes a change each. Two things that say the same are one, however often
/// and under whatever names.
pub(super) fn sets(pair: &mut Pair<'_, '_>, object: Object, from: Vec<Said>, to: Vec<Said>) {
    let table = pair.name.clone();
    let texts = |said: &[Said]| {
        said.iter()
            .map(|s| s.text.clone())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (here, there) = (texts(&from), texts(&to));
    for said in to.into_iter().filter(|s| !here.contains(&s.text)) {
        pair.push(Change {
            to: Some(said.name),
            message: format!("{} only in the to side", said.text),
            to_type: Some(said.text),
            ..change(object, What::Missing, &table)
        });
    }
    for said in from.into_iter().filter(|s| !there.contains(&s.text)) {
        pair.push(Change {
            from: Some(said.name),
            message: format!("{} only in the from side", said.text),
            from_type: Some(said.text),
            ..change(object, What::Extra, &table)
        });
    }
}

fn list(names: &[Ident]) -> String {
    names
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn deferral(deferral: Deferral) -> &'static str {
    match deferral {
        Deferral::NotDeferrable => "",
        Deferral::Deferrable => " deferrable",
        Deferral::InitiallyDeferred => " deferrable initially deferred",
    }
}

fn said_key(key: &Key) -> Said {
    let include = if key.include.is_empty() {
        String::new()
    } else {
        format!(" include ({})", list(&key.include))
    };
    let nulls = if key.nulls_not_distinct {
        " nulls not distinct"
    } else {
        ""
    };
    Said {
        name: key.name.to_string(),
        text: format!(
            "({}){include}{nulls}{}",
            list(&key.columns),
            deferral(key.deferral)
        ),
    }
}

fn carried_key(pair: &Pair<'_, '_>, key: &Key) -> Said {
    said_key(&Key {
        columns: names(pair, &key.columns),
        include: names(pair, &key.include),
        ..key.clone()
    })
}

fn names(pair: &Pair<'_, '_>, from: &[Ident]) -> Vec<Ident> {
    from.iter().map(|name| pair.column_name(name)).collect()
}

/// Keys that reference the same are one, and then what they do is compared.
fn foreign_keys(pair: &mut Pair<'_, '_>) {
    let mut here: Vec<ForeignKey> = pair
        .from
        .foreign_keys
        .iter()
        .map(|key| carried_foreign_key(pair, key))
        .collect();
    let mut both = Vec::new();
    let mut alone = Vec::new();
    for want in &pair.to.foreign_keys {
        match here.iter().position(|have| reference_same(have, want)) {
            Some(at) => both.push((here.remove(at), want)),
            None => alone.push((want.clone(), What::Missing)),
        }
    }
    for (have, want) in both {
        compare_actions(pair, &have, want);
    }
    alone.extend(here.into_iter().map(|have| (have, What::Extra)));
    for (key, what) in alone {
        foreign_key_alone(pair, &key, what);
    }
}

/// Whether two keys lead from the same columns to the same, as far as both sides tell.
fn reference_same(a: &ForeignKey, b: &ForeignKey) -> bool {
    let is_told = !a.referenced_columns.is_empty() && !b.referenced_columns.is_empty();
    a.columns == b.columns
        && a.references == b.references
        && (!is_told || a.referenced_columns == b.referenced_columns)
        && (a.match_full, a.deferral, a.not_valid) == (b.match_full, b.deferral, b.not_valid)
}

fn compare_actions(pair: &mut Pair<'_, '_>, have: &ForeignKey, want: &ForeignKey) {
    if !same_action(have.on_delete.as_ref(), want.on_delete.as_ref())
        || !same_action(have.on_update.as_ref(), want.on_update.as_ref())
    {
        let said = |key: &ForeignKey| key.actions().trim_start().to_owned();
        let (a, b) = (said(have), said(want));
        let table = pair.name.clone();
        pair.push(Change {
            from: Some(have.name.to_string()),
            to: Some(want.name.to_string()),
            message: format!("({}) {} → {}", list(&want.columns), word(&a), word(&b)),
            from_type: Some(a),
            to_type: Some(b),
            ..change(Object::ForeignKey, What::Changed, &table)
        });
    } else if (have.on_delete.is_none() || want.on_delete.is_none())
        && have.on_delete != want.on_delete
    {
        pair.unknown(
            &want.name.to_string(),
            "what a delete does is not compared".to_owned(),
        );
    }
}

/// A key of one side alone: a difference, unless the other side could not have told of it.
fn foreign_key_alone(pair: &mut Pair<'_, '_>, key: &ForeignKey, what: What) {
    let (silent, side) = match what {
        What::Missing => (pair.context.from, "to"),
        _ => (pair.context.to, "from"),
    };
    let leads_out = pair.context.to.table(&key.references).is_none();
    if leads_out && tells_inner_keys_alone(silent) {
        pair.unknown(
            &key.name.to_string(),
            "a foreign key into another schema is not compared".to_owned(),
        );
        return;
    }
    let text = foreign_key_text(key, &pair.context.to.show(&key.references));
    let name = Some(key.name.to_string());
    let table = pair.name.clone();
    let is_missing = what == What::Missing;
    pair.push(Change {
        from: name.clone().filter(|_| !is_missing),
        to: name.filter(|_| is_missing),
        message: format!("{text} only in the {side} side"),
        from_type: Some(text.clone()).filter(|_| !is_missing),
        to_type: Some(text).filter(|_| is_missing),
        ..change(Object::ForeignKey, what, &table)
    });
}

/// Generated TypeScript lists foreign keys between its own tables alone, and no other constraint.
fn tells_inner_keys_alone(schema: &Schema) -> bool {
    !schema.facets.contains(&Facet::PrimaryKeys)
}

fn carried_foreign_key(pair: &Pair<'_, '_>, key: &ForeignKey) -> ForeignKey {
    let carried = |action: &Option<Action>| {
        action.clone().map(|action| match action {
            Action::SetNull(columns) => Action::SetNull(names(pair, &columns)),
            Action::SetDefault(columns) => Action::SetDefault(names(pair, &columns)),
            other => other,
        })
    };
    ForeignKey {
        columns: names(pair, &key.columns),
        references: pair.context.pairing.translate(&key.references),
        referenced_columns: key
            .referenced_columns
            .iter()
            .map(|column| pair.column_name_of(&key.references, column))
            .collect(),
        on_delete: carried(&key.on_delete),
        on_update: carried(&key.on_update),
        ..key.clone()
    }
}

/// An action that a source does not tell is no difference.
fn same_action(a: Option<&Action>, b: Option<&Action>) -> bool {
    a.is_none() || b.is_none() || a == b
}

fn word(actions: &str) -> &str {
    if actions.is_empty() {
        "no action"
    } else {
        actions
    }
}

fn foreign_key_text(key: &ForeignKey, references: &str) -> String {
    let referenced = if key.referenced_columns.is_empty() {
        String::new()
    } else {
        format!("({})", list(&key.referenced_columns))
    };
    format!(
        "({}) → {references}{referenced}{}{}{}{}",
        list(&key.columns),
        if key.match_full { " match full" } else { "" },
        key.actions(),
        deferral(key.deferral),
        if key.not_valid { " not valid" } else { "" },
    )
}

/// Checks that agree in text are one; of the rest, those of one name may be beyond text.
fn checks(pair: &mut Pair<'_, '_>) {
    let mut here: Vec<Check> = pair
        .from
        .checks
        .iter()
        .map(|c| Check {
            expression: pair.carried(&c.expression),
            ..c.clone()
        })
        .collect();
    let mut there: Vec<Check> = pair.to.checks.clone();
    there.retain(|want| {
        let found = here.iter().position(|have| {
            have.expression == want.expression
                && have.not_valid == want.not_valid
                && have.no_inherit == want.no_inherit
        });
        found.map(|at| here.remove(at)).is_none()
    });
    there.retain(|want| {
        let found = here.iter().position(|have| {
            have.name == want.name
                && have.expression.agrees(&want.expression) == Agreement::Unresolved
        });
        match found {
            Some(at) => {
                here.remove(at);
                pair.unknown(
                    &want.name.to_string(),
                    format!(
                        "check could not be compared by text: `{}`",
                        want.expression.text
                    ),
                );
                false
            }
            None => true,
        }
    });
    let said = |check: &Check| Said {
        name: check.name.to_string(),
        text: format!(
            "{}{}{}",
            check.expression.text,
            if check.no_inherit { " no inherit" } else { "" },
            if check.not_valid { " not valid" } else { "" }
        ),
    };
    sets(
        pair,
        Object::Check,
        here.iter().map(said).collect(),
        there.iter().map(said).collect(),
    );
}

fn said_elements(elements: &[IndexElement]) -> Vec<String> {
    elements
        .iter()
        .map(|element| {
            let key = match &element.key {
                IndexKey::Column(name) => name.to_string(),
                IndexKey::Expression(expression) => format!("({})", expression.text),
            };
            let collation = element
                .collation
                .as_ref()
                .map(|c| format!(" collate {c}"))
                .unwrap_or_default();
            let opclass = element
                .opclass
                .as_ref()
                .map(|c| format!(" {c}"))
                .unwrap_or_default();
            let order = if element.descending { " desc" } else { "" };
            let nulls = match (element.nulls_first, element.descending) {
                (true, false) => " nulls first",
                (false, true) => " nulls last",
                _ => "",
            };
            format!("{key}{collation}{opclass}{order}{nulls}")
        })
        .collect()
}

fn carried_elements(pair: &Pair<'_, '_>, elements: &[IndexElement]) -> Vec<IndexElement> {
    let carried = |element: &IndexElement| IndexElement {
        key: match &element.key {
            IndexKey::Column(name) => IndexKey::Column(pair.column_name(name)),
            IndexKey::Expression(expression) => IndexKey::Expression(pair.carried(expression)),
        },
        ..element.clone()
    };
    elements.iter().map(carried).collect()
}

fn predicate(expression: Option<&Expression>) -> String {
    expression
        .map(|e| format!(" where {}", e.text))
        .unwrap_or_default()
}

pub(super) fn said_index(index: &Index) -> Said {
    let include = if index.include.is_empty() {
        String::new()
    } else {
        format!(" include ({})", list(&index.include))
    };
    Said {
        name: index.name.to_string(),
        text: format!(
            "{}{}({}){include}{}{}{}",
            if index.unique { "unique " } else { "" },
            if index.method == "btree" {
                String::new()
            } else {
                format!("{} ", index.method)
            },
            said_elements(&index.elements).join(", "),
            if index.nulls_not_distinct {
                " nulls not distinct"
            } else {
                ""
            },
            predicate(index.predicate.as_ref()),
            if index.invalid { " invalid" } else { "" },
        ),
    }
}

fn carried_index(pair: &Pair<'_, '_>, index: &Index) -> Said {
    said_index(&Index {
        elements: carried_elements(pair, &index.elements),
        include: names(pair, &index.include),
        predicate: index.predicate.as_ref().map(|p| pair.carried(p)),
        ..index.clone()
    })
}

fn said_exclusion(exclusion: &Exclusion) -> Said {
    let elements: Vec<IndexElement> = exclusion.elements.iter().map(|(e, _)| e.clone()).collect();
    let parts: Vec<String> = said_elements(&elements)
        .into_iter()
        .zip(&exclusion.elements)
        .map(|(text, (_, operator))| format!("{text} with {operator}"))
        .collect();
    Said {
        name: exclusion.name.to_string(),
        text: format!(
            "{} ({}){}{}",
            exclusion.method,
            parts.join(", "),
            predicate(exclusion.predicate.as_ref()),
            deferral(exclusion.deferral)
        ),
    }
}

fn carried_exclusion(pair: &Pair<'_, '_>, exclusion: &Exclusion) -> Said {
    let elements: Vec<IndexElement> = exclusion.elements.iter().map(|(e, _)| e.clone()).collect();
    let operators = exclusion
        .elements
        .iter()
        .map(|(_, operator)| operator.clone());
    said_exclusion(&Exclusion {
        elements: carried_elements(pair, &elements)
            .into_iter()
            .zip(operators)
            .collect(),
        predicate: exclusion.predicate.as_ref().map(|p| pair.carried(p)),
        ..exclusion.clone()
    })
}
