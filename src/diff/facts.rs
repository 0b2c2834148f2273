//! What else differs between a table and its counterpart: the columns' other properties first.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Object, What};
use super::{ColumnComparison, Context, Conversion, Counterpart, TableComparison, Unknown};
use super::{access, column, constraint};
use crate::mapping::{Class, Rule};
use crate::schema::{
    Agreement, Column, Expression, Facet, Generated, Ident, Identity, QualifiedName, Table,
    TableKind,
};

/// A table with its counterpart, and where changes and unknowns about them go.
pub(crate) struct Pair<'a, 'c> {
    pub(crate) context: &'c Context<'a>,
    pub(crate) from: &'a Table,
    pub(crate) to: &'a Table,
    /// As the to side calls it.
    pub(crate) name: String,
    /// To-side column names by the from side's, of columns that carry the same values.
    pub(crate) renamed: BTreeMap<&'a Ident, Ident>,
    pub(crate) changes: Vec<Change>,
    pub(crate) unknowns: &'c mut BTreeSet<Unknown>,
}

/// Compares a table of the to side with its counterpart.
pub(crate) fn target_table(
    context: &Context<'_>,
    table: &Table,
    unknowns: &mut BTreeSet<Unknown>,
) -> TableComparison {
    let columns = column::compare(context, table);
    let name = context.to.show(&table.name);
    let found = context.pairing.of(&table.name);
    let changes = match found {
        None => vec![Change {
            to: Some(name.clone()),
            credit: Some(context.mapping.credit.of(Class::Missing)),
            message: format!(
                "only in the to side, {}",
                count(columns.len(), "column", "columns")
            ),
            ..change(Object::Table, What::Missing, &name)
        }],
        Some(found) => {
            let mut pair = Pair {
                context,
                from: found.from,
                to: table,
                name: name.clone(),
                renamed: carried_columns(found.from, &columns),
                changes: Vec::new(),
                unknowns,
            };
            pair.own();
            pair.columns(&columns);
            constraint::compare(&mut pair);
            access::compare(&mut pair);
            pair.changes.sort();
            pair.changes
        }
    };
    TableComparison {
        name,
        to: Some(table.name.clone()),
        from: found.map(|f| f.from.name.clone()),
        from_name: found.map(|f| context.from.show(&f.from.name)),
        why: found.and_then(|f| f.by).and_then(|by| by.note.why.clone()),
        columns,
        changes,
    }
}

/// A table that only the from side has.
pub(crate) fn only_from(context: &Context<'_>, table: &Table) -> TableComparison {
    let name = context.from.show(&table.name);
    let n = context.pairing.columns(context.from, table).count();
    TableComparison {
        name: name.clone(),
        to: None,
        from: Some(table.name.clone()),
        from_name: Some(name.clone()),
        why: None,
        columns: Vec::new(),
        changes: vec![Change {
            from: Some(name.clone()),
            message: format!("only in the from side, {}", count(n, "column", "columns")),
            ..change(Object::Table, What::Extra, &name)
        }],
    }
}

/// A change with everything but its kind and table left empty.
pub(crate) fn change(object: Object, what: What, table: &str) -> Change {
    Change {
        object,
        what,
        table: table.to_owned(),
        from: None,
        to: None,
        from_type: None,
        to_type: None,
        credit: None,
        message: String::new(),
    }
}

/// A number with its noun.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

/// Columns whose values go over under one name each: the same name, or a rename.
fn carried_columns<'a>(
    from: &'a Table,
    columns: &[ColumnComparison],
) -> BTreeMap<&'a Ident, Ident> {
    let mut carried = BTreeMap::new();
    for column in columns {
        if let Some(source) = direct_source(from, column) {
            carried
                .entry(&source.name)
                .or_insert_with(|| column.name.clone());
        }
    }
    carried
}

/// The one column whose values, changed or not, become the target's: not for what is derived.
pub(crate) fn direct_source<'a>(from: &'a Table, column: &ColumnComparison) -> Option<&'a Column> {
    match &column.counterpart {
        Counterpart::Same { .. } => from.column(&column.name),
        Counterpart::Mapped { from: names, .. } => match names.as_slice() {
            [name] => from
                .columns
                .iter()
                .find(|c| c.name.to_string() == *name)
                .filter(|c| column.class != Class::Derived || c.name == column.name),
            _ => None,
        },
        Counterpart::None => None,
    }
}

impl Pair<'_, '_> {
    /// Adds a change of this table.
    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Adds an unknown of this table.
    pub(crate) fn unknown(&mut self, name: &str, message: String) {
        self.unknowns.insert(Unknown {
            table: self.name.clone(),
            name: name.to_owned(),
            message,
        });
    }

    /// The name of a from column as the to side knows it.
    pub(crate) fn column_name(&self, from: &Ident) -> Ident {
        self.renamed.get(from).unwrap_or(from).clone()
    }

    /// The name of a column of any from table as the to side knows it, as far as names alone tell.
    pub(crate) fn column_name_of(&self, table: &QualifiedName, column: &Ident) -> Ident {
        if *table == self.from.name {
            return self.column_name(column);
        }
        let target = self.context.pairing.translate(table);
        let Some(target) = self.context.to.table(&target) else {
            return column.clone();
        };
        if target.column(column).is_some() {
            return column.clone();
        }
        let renamed = self.context.mapping.accepted_columns().find_map(|rule| {
            match (rule.from.as_slice(), rule.to.as_slice()) {
                ([from], [to])
                    if from.name == *column
                        && self
                            .context
                            .pairing
                            .source(&from.table)
                            .is_some_and(|t| t.name == *table)
                        && self
                            .context
                            .pairing
                            .target(&to.table)
                            .is_some_and(|t| t.name == target.name) =>
                {
                    Some(to.name.clone())
                }
                _ => None,
            }
        });
        renamed.unwrap_or_else(|| column.clone())
    }

    /// A from expression over this table, in the to side's column names.
    pub(crate) fn carried(&self, expression: &Expression) -> Expression {
        let mut carried = expression.clone();
        for (from, to) in self.renamed.iter().filter(|(from, to)| **from != *to) {
            carried = carried.renamed_column(from, to);
        }
        carried
    }

    /// Notes what two expressions say of each other: `true` when they differ.
    pub(crate) fn differ(
        &mut self,
        name: &str,
        what: &str,
        from: &Expression,
        to: &Expression,
    ) -> bool {
        match self.carried(from).agrees(to) {
            Agreement::Same => false,
            Agreement::Different => true,
            Agreement::Unresolved => {
                self.unknown(
                    name,
                    format!(
                        "{what} could not be compared by text: `{}` and `{}`",
                        from.text, to.text
                    ),
                );
                false
            }
        }
    }

    /// The table's own properties.
    fn own(&mut self) {
        let from_name = self.context.from.show(&self.from.name);
        if self
            .context
            .pairing
            .of(&self.to.name)
            .is_some_and(|p| p.by.is_some())
        {
            self.push(Change {
                from: Some(from_name.clone()),
                to: Some(self.name.clone()),
                message: format!("renamed from `{from_name}`"),
                ..change(Object::Table, What::Renamed, &self.name)
            });
        }
        let shape = |table: &Table, other: &dyn Fn(&QualifiedName) -> QualifiedName| {
            let kind = match &table.kind {
                TableKind::Ordinary => "table".to_owned(),
                TableKind::Partitioned { by, of: None } => format!("partitioned by {by}"),
                TableKind::Partitioned {
                    by,
                    of: Some((of, bound)),
                } => {
                    format!("partition of {} {bound}, partitioned by {by}", other(of))
                }
                TableKind::Partition { of, bound } => format!("partition of {} {bound}", other(of)),
                TableKind::Foreign { server } => format!("foreign table of {server}"),
            };
            let inherits: Vec<String> = table
                .inherits
                .iter()
                .map(|t| format!(", inherits {}", other(t)))
                .collect();
            format!(
                "{}{kind}{}",
                if table.unlogged { "unlogged " } else { "" },
                inherits.concat()
            )
        };
        let from = shape(self.from, &|name| self.context.pairing.translate(name));
        let to = shape(self.to, &Clone::clone);
        if from != to {
            self.push(Change {
                message: format!("{from} → {to}"),
                from_type: Some(from),
                to_type: Some(to),
                ..change(Object::Table, What::Changed, &self.name)
            });
        }
        self.comment("", self.from.comment.as_deref(), self.to.comment.as_deref());
    }

    fn comment(&mut self, name: &str, from: Option<&str>, to: Option<&str>) {
        if from == to || !self.context.both_say(Facet::Comments) {
            return;
        }
        let what = match (from, to) {
            (None, _) => What::Missing,
            (_, None) => What::Extra,
            _ => What::Changed,
        };
        self.push(Change {
            to: Some(name.to_owned()).filter(|n| !n.is_empty()),
            message: match what {
                What::Missing => "comment only in the to side".to_owned(),
                What::Extra => "comment only in the from side".to_owned(),
                _ => "another comment".to_owned(),
            },
            ..change(Object::Comment, what, &self.name)
        });
    }

    fn columns(&mut self, columns: &[ColumnComparison]) {
        let mut used = BTreeSet::new();
        for column in columns {
            let Some(to) = self.to.column(&column.name) else {
                continue;
            };
            let source = direct_source(self.from, column);
            used.extend(source.map(|s| &s.name));
            self.column(column, to, source);
            if let Some(source) = source {
                self.properties(source, to);
            }
        }
        let extra: Vec<&Column> = self
            .context
            .pairing
            .columns(self.context.from, self.from)
            .collect();
        for column in extra.into_iter().filter(|c| !used.contains(&c.name)) {
            self.extra(column);
        }
    }

    /// The column's being there, its name and its type.
    fn column(&mut self, column: &ColumnComparison, to: &Column, source: Option<&Column>) {
        let home = self.context.to.home();
        let to_type = home.map_or_else(|| to.ty.to_string(), |home| to.ty.within(home));
        let (from_names, from_types, rule) = match &column.counterpart {
            Counterpart::None => (None, None, None),
            Counterpart::Same { from_type, rule } => (
                Some(column.name.to_string()),
                Some(self.type_here(from_type)),
                rule.as_ref(),
            ),
            Counterpart::Mapped {
                from,
                from_types,
                rule,
            } => {
                let types: Vec<String> = from_types.iter().map(|ty| self.type_here(ty)).collect();
                (
                    Some(from.join(", ")).filter(|f| !f.is_empty()),
                    Some(types.join(", ")).filter(|t| !t.is_empty()),
                    Some(rule),
                )
            }
        };
        if column.conversion == Some(Conversion::Unknown) {
            let from = from_types.clone().unwrap_or_default();
            self.unknown(
                &column.name.to_string(),
                format!("types not compared: {from} and {to_type}"),
            );
        }
        let rule_text = rule.map(|rule| rule.text.clone());
        let is_renamed = source.is_some_and(|s| s.name != column.name);
        let (what, message) = match column.class {
            Class::Same if column.conversion == Some(Conversion::Widening) => {
                (What::Widened, "widened".to_owned())
            }
            Class::Same => return,
            Class::Renamed if column.conversion == Some(Conversion::Widening) => {
                (What::Renamed, "renamed, widened".to_owned())
            }
            Class::Renamed => (What::Renamed, "renamed".to_owned()),
            Class::Derived => (
                What::Derived,
                format!("derived: {}", rule_text.unwrap_or_default()),
            ),
            Class::Lossy => (What::Lossy, self.lossy(column, rule_text, is_renamed)),
            Class::Missing if to.is_required() => {
                (What::Missing, "only in the to side, required".to_owned())
            }
            Class::Missing => (What::Missing, "only in the to side".to_owned()),
        };
        let stated = if column.stated { ", stated" } else { "" };
        self.push(Change {
            from: from_names,
            to: Some(column.name.to_string()),
            from_type: from_types,
            to_type: Some(to_type),
            credit: Some(self.context.mapping.credit.of(column.class)),
            message: message + stated,
            ..change(Object::Column, what, &self.name)
        });
    }

    fn lossy(&self, column: &ColumnComparison, rule: Option<String>, is_renamed: bool) -> String {
        let renamed = if is_renamed { "renamed, " } else { "" };
        match rule.filter(|_| !matches!(column.counterpart, Counterpart::Same { .. })) {
            Some(rule) => format!("{renamed}{rule}"),
            None => format!("{renamed}no lossless conversion"),
        }
    }

    fn type_here(&self, ty: &crate::schema::ColumnType) -> String {
        self.context
            .from
            .home()
            .map_or_else(|| ty.to_string(), |home| ty.within(home))
    }

    fn properties(&mut self, from: &Column, to: &Column) {
        let name = to.name.to_string();
        let about =
            |object, what, from_type: Option<String>, to_type: Option<String>, message| Change {
                from: Some(from.name.to_string()),
                to: Some(name.clone()),
                from_type,
                to_type,
                message,
                ..change(object, what, &self.name)
            };
        let mut found = Vec::new();
        match (from.nullable, to.nullable) {
            (Some(true), Some(false)) => {
                found.push(about(
                    Object::Nullability,
                    What::Changed,
                    None,
                    None,
                    "nullable → not null".to_owned(),
                ));
            }
            (Some(false), Some(true)) => {
                found.push(about(
                    Object::Nullability,
                    What::Changed,
                    None,
                    None,
                    "not null → nullable".to_owned(),
                ));
            }
            _ => {}
        }
        if self.context.both_say(Facet::Generation) {
            let word = |identity: Option<Identity>| {
                identity.map(|i| match i {
                    Identity::Always => "generated always as identity".to_owned(),
                    Identity::ByDefault => "generated by default as identity".to_owned(),
                })
            };
            if let Some(what) = what(from.identity.as_ref(), to.identity.as_ref()) {
                found.push(about(
                    Object::Identity,
                    what,
                    word(from.identity),
                    word(to.identity),
                    "another identity".to_owned(),
                ));
            }
        }
        if from.collation != to.collation && self.context.both_say(Facet::Checks) {
            found.push(about(
                Object::Collation,
                What::Changed,
                from.collation.clone(),
                to.collation.clone(),
                "another collation".to_owned(),
            ));
        }
        if (from.nullable.is_none() || to.nullable.is_none()) && from.nullable != to.nullable {
            self.unknown(&name, "nullability not compared".to_owned());
        }
        self.changes.extend(found);
        if self.context.both_say(Facet::Defaults) {
            self.expression(
                Object::Default,
                "default",
                (from, from.default.as_ref()),
                (to, to.default.as_ref()),
            );
        }
        if self.context.both_say(Facet::Generation) {
            let text = |g: &Option<Generated>| g.as_ref().map(|g| g.expression.clone());
            let (a, b) = (text(&from.generated), text(&to.generated));
            self.expression(
                Object::Generated,
                "generation",
                (from, a.as_ref()),
                (to, b.as_ref()),
            );
        }
        self.comment(&name, from.comment.as_deref(), to.comment.as_deref());
    }

    fn expression(
        &mut self,
        object: Object,
        word: &str,
        (from, a): (&Column, Option<&Expression>),
        (to, b): (&Column, Option<&Expression>),
    ) {
        let name = to.name.to_string();
        let differs = match (a, b) {
            (Some(a), Some(b)) => self.differ(&name, word, a, b).then_some(What::Changed),
            (a, b) => what(a, b),
        };
        let Some(what) = differs else { return };
        let message = match (a, b) {
            (Some(a), Some(b)) => format!("{word} {} → {}", a.text, b.text),
            (None, Some(b)) => format!("{word} {} only in the to side", b.text),
            (Some(a), None) => format!("{word} {} only in the from side", a.text),
            (None, None) => return,
        };
        self.push(Change {
            from: Some(from.name.to_string()),
            to: Some(name),
            from_type: a.map(|e| e.text.clone()),
            to_type: b.map(|e| e.text.clone()),
            message,
            ..change(object, what, &self.name)
        });
    }

    fn extra(&mut self, column: &Column) {
        let rule = self.context.mapping.accepted_columns().find(|rule| {
            !matches!(rule.rule, Rule::Convert(_))
                && rule.from.iter().any(|from| {
                    from.name == column.name
                        && self
                            .context
                            .pairing
                            .source(&from.table)
                            .is_some_and(|t| t.name == self.from.name)
                })
        });
        let fate = match rule.map(|r| &r.rule) {
            Some(Rule::Keep) => ", kept under its own name",
            Some(Rule::Archive) => ", goes to the archive",
            Some(Rule::Drop { .. }) => ", dropped",
            Some(Rule::Convert(_)) | None => "",
        };
        self.push(Change {
            from: Some(column.name.to_string()),
            from_type: Some(self.type_here(&column.ty)),
            message: format!("only in the from side{fate}"),
            ..change(Object::Column, What::Extra, &self.name)
        });
    }
}

/// How two optional facts differ; `None` when they do not.
pub(crate) fn what<T: PartialEq>(from: Option<&T>, to: Option<&T>) -> Option<What> {
    match (from, to) {
        (Some(a), Some(b)) if a == b => None,
        (None, None) => None,
        (None, Some(_)) => Some(What::Missing),
        (Some(_), None) => Some(What::Extra),
        (Some(_), Some(_)) => Some(What::Changed),
    }
}
