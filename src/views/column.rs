//! What one column of a view is made of.

use super::{Base, Column, Default, Names, Pair, Value};
use crate::diff::Pairing;
use crate::mapping::{ColumnCorrespondence, Lookup, Mapping, OnError, Rule, TableRef};
use crate::schema::{self, ColumnType, Generated, Ident, Identity, QualifiedName, Schema, Table};
use crate::transform::sql;
use crate::transform::{
    Inverse, Kind, LookupSource, Lookups, Shape, invert, only_restricts, straight,
};

/// What decides about the columns of one view.
pub(super) struct Columns<'a> {
    pub(super) names: Names,
    pub(super) mapping: &'a Mapping,
    pub(super) pairing: &'a Pairing<'a>,
    pub(super) app: &'a Schema,
    pub(super) base: &'a Schema,
    pub(super) pair: &'a Pair<'a>,
    pub(super) app_shape: Shape,
    pub(super) base_shape: Shape,
}

/// A column before it is known whether it can be written.
struct Made {
    value: Value,
    remark: Option<String>,
}

impl Made {
    fn read_only(read: String, why: impl Into<String>) -> Self {
        Self {
            value: Value::ReadOnly {
                read,
                why: why.into(),
            },
            remark: None,
        }
    }
}

/// Whether the column shows that column of the base table as it is.
pub(super) fn is_plain_copy(column: &Column, base: &Ident) -> bool {
    matches!(&column.value, Value::Plain(plain) if plain.name == *base)
}

/// Tables of lookups are looked for beside the base table.
struct Beside<'a> {
    base: &'a Schema,
}

impl Lookups for Beside<'_> {
    fn source(&self, lookup: &Lookup) -> Option<LookupSource<'_>> {
        let namespace = lookup.table.namespace.as_ref().or(self.base.home())?;
        let name = QualifiedName::new(namespace.clone(), lookup.table.name.clone());
        let table = self.base.table(&name)?;
        let columns = lookup.matches.iter().chain([&lookup.take]);
        let has_all = columns.into_iter().all(|name| table.column(name).is_some());
        has_all.then_some(LookupSource::Table(name))
    }
}

impl<'a> Columns<'a> {
    /// Decides what the application's column is made of.
    pub(super) fn decide(&self, column: &schema::Column) -> Column {
        let made = match self.names {
            Names::To => self.forwards(column),
            Names::From => self.backwards(column),
        };
        Column {
            name: column.name.clone(),
            value: made.value,
            remark: made.remark,
        }
    }

    /// The application's column under the mapping's rule for it.
    fn forwards(&self, column: &schema::Column) -> Made {
        let same = self.pair.base.column(&column.name);
        let rules: Vec<_> = self
            .rules()
            .filter(|rule| self.makes(rule, column))
            .collect();
        let here = rules
            .iter()
            .copied()
            .find(|rule| self.sources_are_here(rule));
        let is_own = |rule: &ColumnCorrespondence| matches!(rule.from.as_slice(), [one] if one.name == column.name);
        match (here, same) {
            (Some(rule), _) if is_own(rule) => self.by_rule(rule, column),
            (_, Some(same)) if self.fits(same, column) => self.plain(same, column),
            (Some(rule), _) => self.by_rule(rule, column),
            (None, Some(same)) => self.by_rule(&self.between(&same.name, column), column),
            (None, None) => {
                let why = match rules.first() {
                    Some(rule) => self.out_of_reach(rule),
                    None => "no counterpart".to_owned(),
                };
                self.nothing(column, &why)
            }
        }
    }

    /// The application's column out of what a rule made of it.
    fn backwards(&self, column: &schema::Column) -> Made {
        let same = self.pair.base.column(&column.name);
        let rules: Vec<_> = self
            .rules()
            .filter(|rule| self.takes(rule, column) && self.targets_are_here(rule))
            .collect();
        let is_own = |rule: &&ColumnCorrespondence| matches!(rule.to.as_slice(), [one] if one.name == column.name);
        if let Some(rule) = rules.iter().copied().find(is_own) {
            return self.by_inverse(rule, column);
        }
        if let Some(same) = same.filter(|same| self.fits(same, column)) {
            return self.plain(same, column);
        }
        let mut ways: Vec<Made> = rules
            .iter()
            .map(|rule| self.by_inverse(rule, column))
            .collect();
        ways.sort_by_key(|made| match &made.value {
            Value::Plain(_) => 0,
            Value::Computed { .. } => 1,
            Value::ReadOnly { read, .. } if !read.starts_with(NOTHING) => 2,
            Value::ReadOnly { .. } => 3,
        });
        if let Some(best) = ways.into_iter().next() {
            return best;
        }
        if let Some(same) = same {
            return self.by_rule(&self.between(&same.name, column), column);
        }
        let fate = self.mapping.accepted_columns().find_map(|rule| {
            if !self.takes(rule, column) {
                return None;
            }
            match &rule.rule {
                Rule::Drop { reason } => Some(format!("dropped: {reason}")),
                Rule::Archive => Some("gone to the archive".to_owned()),
                Rule::Keep => Some("to be kept, and not there".to_owned()),
                Rule::Convert(_) => None,
            }
        });
        self.nothing(column, fate.as_deref().unwrap_or("no counterpart"))
    }

    fn rules(&self) -> impl Iterator<Item = &'a ColumnCorrespondence> {
        let accepted = self.mapping.accepted_columns();
        accepted.filter(|rule| matches!(rule.rule, Rule::Convert(_)))
    }

    /// Whether the rule makes the application's column.
    fn makes(&self, rule: &ColumnCorrespondence, column: &schema::Column) -> bool {
        rule.to
            .iter()
            .any(|to| to.name == column.name && self.is_app(&to.table))
    }

    /// Whether the rule takes the application's column.
    fn takes(&self, rule: &ColumnCorrespondence, column: &schema::Column) -> bool {
        rule.from
            .iter()
            .any(|from| from.name == column.name && self.is_app(&from.table))
    }

    fn is_app(&self, table: &TableRef) -> bool {
        let found = match self.names {
            Names::To => self.pairing.target(table),
            Names::From => self.pairing.source(table),
        };
        found.is_some_and(|found| found.name == self.pair.app.name)
    }

    fn is_base(&self, table: &TableRef) -> bool {
        let found = match self.names {
            Names::To => self.pairing.source(table),
            Names::From => self.pairing.target(table),
        };
        found.is_some_and(|found| found.name == self.pair.base.name)
    }

    fn sources_are_here(&self, rule: &ColumnCorrespondence) -> bool {
        rule.from
            .iter()
            .all(|from| self.is_base(&from.table) && self.pair.base.column(&from.name).is_some())
    }

    fn targets_are_here(&self, rule: &ColumnCorrespondence) -> bool {
        rule.to
            .iter()
            .all(|to| self.is_base(&to.table) && self.pair.base.column(&to.name).is_some())
    }

    fn out_of_reach(&self, rule: &ColumnCorrespondence) -> String {
        let elsewhere = rule
            .from
            .iter()
            .find(|from| !self.is_base(&from.table) || self.pair.base.column(&from.name).is_none());
        match elsewhere {
            Some(from) => {
                format!("the mapping makes it of `{from}`, which the table does not have")
            }
            None => "no counterpart".to_owned(),
        }
    }

    /// The correspondence of a base column and the application's column of the same meaning.
    fn between(&self, base: &Ident, column: &schema::Column) -> ColumnCorrespondence {
        let table = |table: &Table| TableRef {
            namespace: Some(table.name.namespace.clone()),
            name: table.name.name.clone(),
        };
        straight(
            &table(self.pair.base),
            base,
            &table(self.pair.app),
            &column.name,
        )
    }

    /// Whether the base column can be shown as it is.
    fn fits(&self, base: &schema::Column, column: &schema::Column) -> bool {
        let kind = |ty: &ColumnType, schema| Kind::of(ty, schema);
        let (have, want) = (kind(&base.ty, self.base), kind(&column.ty, self.app));
        is_alike(&have, &want)
    }

    fn plain(&self, base: &schema::Column, column: &schema::Column) -> Made {
        let other_type = base.ty != column.ty
            && !matches!(column.ty, ColumnType::Unknown { .. })
            && !matches!(
                (&base.ty, &column.ty),
                (ColumnType::Named(_), ColumnType::Named(_))
            );
        let remark = other_type.then(|| {
            let rounded = if is_rounded(&base.ty, &column.ty) {
                ", to which what is written is rounded"
            } else {
                ""
            };
            format!("of type {} here{rounded}", self.shown_type(&base.ty))
        });
        Made {
            value: Value::Plain(self.column_of(base)),
            remark,
        }
    }

    fn shown_type(&self, ty: &ColumnType) -> String {
        let home = self.base.home();
        home.map_or_else(|| ty.to_string(), |home| ty.within(home))
    }

    fn column_of(&self, column: &schema::Column) -> Base {
        let default = match column {
            schema::Column {
                generated: Some(Generated { .. }),
                ..
            }
            | schema::Column {
                identity: Some(Identity::Always),
                ..
            } => Default::Always,
            schema::Column {
                identity: Some(Identity::ByDefault),
                ..
            } => Default::Identity,
            schema::Column {
                default: Some(default),
                ..
            } => Default::Expression(default.clone()),
            _ => Default::None,
        };
        Base {
            name: column.name.clone(),
            default,
            compares: compares(&column.ty),
        }
    }

    /// The base column itself, where the rule changes no value of it.
    fn unchanged(&self, rule: &ColumnCorrespondence, base: &schema::Column) -> Option<Made> {
        let Rule::Convert(steps) = &rule.rule else {
            return None;
        };
        let is_free = rule.nulls.is_empty() && rule.default.is_none();
        if !is_free || !steps.iter().all(only_restricts) {
            return None;
        }
        let app = match self.names {
            Names::To => rule.to.first(),
            Names::From => rule.from.first(),
        };
        let column = self.pair.app.column(&app?.name)?;
        if !self.fits(base, column) {
            return None;
        }
        let mut made = self.plain(base, column);
        if !steps.is_empty() {
            made.remark =
                Some("shows every value, also those that the mapping does not list".to_owned());
        }
        Some(made)
    }

    /// By the rule as it stands, which is over the base row.
    fn by_rule(&self, rule: &ColumnCorrespondence, column: &schema::Column) -> Made {
        let single = match (rule.from.as_slice(), rule.to.as_slice()) {
            ([from], [_]) => self.pair.base.column(&from.name),
            _ => None,
        };
        if let Some(made) = single.and_then(|base| self.unchanged(rule, base)) {
            return made;
        }
        let index = rule.to.iter().position(|to| to.name == column.name);
        let read = match self.render(rule, &self.base_shape, &self.app_shape, index.unwrap_or(0)) {
            Ok(read) => read,
            Err(why) => return self.nothing(column, &why),
        };
        let Some(base) = single else {
            let why = match rule.from.as_slice() {
                [] => "a constant".to_owned(),
                _ => format!("made by the mapping's rule: {}", rule.describe()),
            };
            return Made::read_only(read, why);
        };
        match invert(rule, &self.base_shape, &self.app_shape) {
            Ok(Inverse {
                lost: Some(lost), ..
            }) => Made::read_only(
                read,
                format!("there is no way back for every value: {lost}"),
            ),
            Err(why) => Made::read_only(read, why),
            Ok(inverse) => self.written_by(read, &inverse.correspondence, base, column),
        }
    }

    /// By the way back of a rule that leads to the base row.
    fn by_inverse(&self, rule: &ColumnCorrespondence, column: &schema::Column) -> Made {
        let single = match (rule.from.as_slice(), rule.to.as_slice()) {
            ([_], [to]) => self.pair.base.column(&to.name),
            _ => None,
        };
        if let Some(made) = single.and_then(|base| self.unchanged(rule, base)) {
            return made;
        }
        let inverse = match invert(rule, &self.app_shape, &self.base_shape) {
            Ok(inverse) => inverse,
            Err(why) => return self.nothing(column, &why),
        };
        let shapes = (&self.base_shape, &self.app_shape);
        let read = match self.render(&inverse.correspondence, shapes.0, shapes.1, 0) {
            Ok(read) => read,
            Err(why) => return self.nothing(column, &why),
        };
        match (inverse.lost, single) {
            (None, Some(base)) => self.written_by(read, rule, base, column),
            (Some(lost), _) => Made::read_only(
                read,
                format!("not every value is as it was written: {lost}"),
            ),
            (None, None) => Made::read_only(read, "it is made of several columns"),
        }
    }

    fn written_by(
        &self,
        read: String,
        back: &ColumnCorrespondence,
        base: &schema::Column,
        column: &schema::Column,
    ) -> Made {
        match self.render(back, &self.app_shape, &self.base_shape_nullable(), 0) {
            Ok(write) => Made {
                value: Value::Computed {
                    read,
                    write,
                    base: self.column_of(base),
                    compares: compares(&column.ty),
                },
                remark: Some(format!("written back to `{}` by a trigger", base.name)),
            },
            Err(why) => Made::read_only(read, format!("there is no way back: {why}")),
        }
    }

    /// The base row without its refusals of NULL: whoever is asked to write one says it better.
    fn base_shape_nullable(&self) -> Shape {
        let mut shape = self.base_shape.clone();
        for slot in shape.columns.values_mut() {
            slot.not_null = false;
        }
        shape
    }

    /// The value, NULL where the mapping has none.
    fn render(
        &self,
        rule: &ColumnCorrespondence,
        from: &Shape,
        to: &Shape,
        index: usize,
    ) -> Result<String, String> {
        let beside = Beside { base: self.base };
        let rule = ColumnCorrespondence {
            // A view has no quarantine: where the mapping has no value, there is none.
            on_error: match rule.on_error {
                OnError::Default => OnError::Default,
                OnError::Fail | OnError::Quarantine | OnError::Null => OnError::Null,
            },
            ..rule.clone()
        };
        let found = sql::columns(&rule, from, to, &beside).map_err(|error| error.to_string())?;
        let expression = found.into_iter().nth(index);
        Ok(expression.ok_or("the rule makes no column")?.value)
    }

    /// A column that nothing stands behind: NULL, or the constant that every new row would have.
    fn nothing(&self, column: &schema::Column, why: &str) -> Made {
        let kind = self
            .app_shape
            .slot(&column.name)
            .map(|slot| slot.kind.sql());
        let ty = kind.unwrap_or_else(|| "text".to_owned());
        let constant = column
            .default
            .as_ref()
            .filter(|_| column.nullable == Some(false))
            .and_then(|default| constant(&default.text));
        match constant {
            Some(constant) => Made::read_only(
                format!("CAST({constant} AS {ty})"),
                format!("{why}; its default is shown"),
            ),
            None => Made::read_only(format!("{NOTHING}{ty})"), why),
        }
    }
}

/// How an expression begins that is always NULL.
const NOTHING: &str = "CAST(NULL AS ";

/// A default that is a plain literal, without its cast.
fn constant(default: &str) -> Option<&str> {
    let text = default.trim();
    if matches!(text, "true" | "false") {
        return Some(text);
    }
    if let Some(rest) = text.strip_prefix('\'') {
        let end = rest.find('\'')?;
        let after = rest.get(end + 1..)?;
        let is_cast = after.is_empty()
            || after.strip_prefix("::").is_some_and(|ty| {
                ty.chars()
                    .all(|c| c.is_alphanumeric() || " _.\"(),".contains(c))
            });
        return is_cast.then(|| text.get(..end + 2)).flatten();
    }
    text.parse::<f64>()
        .is_ok_and(f64::is_finite)
        .then_some(text)
        .filter(|text| {
            text.chars()
                .all(|c| c.is_ascii_digit() || c == '.' || c == '-')
        })
}

/// Whether the server changes a value of the application's type without a word when a column of the base's takes it.
fn is_rounded(have: &ColumnType, want: &ColumnType) -> bool {
    use ColumnType as T;
    const MOST_DIGITS: u32 = 6;
    match (have, want) {
        (
            T::Numeric {
                scale: Some(have), ..
            },
            T::Numeric { scale: want, .. },
        ) => want.is_none_or(|want| want > *have),
        (T::Real, T::Double) => true,
        (
            T::Timestamp {
                precision: have, ..
            },
            T::Timestamp {
                precision: want, ..
            },
        )
        | (
            T::Time {
                precision: have, ..
            },
            T::Time {
                precision: want, ..
            },
        ) => want.unwrap_or(MOST_DIGITS) > have.unwrap_or(MOST_DIGITS),
        (T::Array(have), T::Array(want)) => is_rounded(have, want),
        _ => false,
    }
}

/// Whether a column of one type stands for one of the other without a rule: the values look alike to
/// whoever reads them, and what does not fit when they are written is refused by the server, or rounded.
fn is_alike(have: &Kind, want: &Kind) -> bool {
    use ColumnType as T;
    if have == want || have.widens_to(want) || want.widens_to(have) {
        return true;
    }
    if have.is_text() && want.is_text() {
        return true;
    }
    match (have, want) {
        (Kind::Plain(T::Unknown { family, .. }), Kind::Plain(ty))
        | (Kind::Plain(ty), Kind::Plain(T::Unknown { family, .. })) => family.admits(ty),
        (Kind::Enum { labels, .. }, Kind::Enum { labels: others, .. }) => labels == others,
        (Kind::Domain { base, .. }, other) | (other, Kind::Domain { base, .. }) => {
            is_alike(base, other)
        }
        (Kind::Plain(T::Numeric { .. }), Kind::Plain(T::Numeric { .. })) => true,
        (Kind::Plain(T::Array(a)), Kind::Plain(T::Array(b))) => {
            is_alike(&Kind::Plain((**a).clone()), &Kind::Plain((**b).clone()))
        }
        _ => false,
    }
}

/// Whether the type has an equality that any server knows.
fn compares(ty: &ColumnType) -> bool {
    !matches!(
        ty.element(),
        ColumnType::Json | ColumnType::Named(_) | ColumnType::Other(_) | ColumnType::Unknown { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_rounds_is_known() {
        for (have, want, expected) in [
            ("numeric(6,2)", "numeric", true),
            ("numeric(6,2)", "numeric(6,3)", true),
            ("numeric(6,2)", "numeric(4,2)", false),
            ("numeric", "numeric(6,2)", false),
            ("real", "double precision", true),
            ("double precision", "real", false),
            (
                "timestamp(0) with time zone",
                "timestamp with time zone",
                true,
            ),
            (
                "timestamp with time zone",
                "timestamp(3) with time zone",
                false,
            ),
            (
                "time(3) without time zone",
                "time(6) without time zone",
                true,
            ),
            ("numeric(6,2)[]", "numeric[]", true),
            ("varchar(5)", "text", false),
        ] {
            let parsed = |ty: &str| ColumnType::parse(ty, &|_, _| None);
            assert_eq!(
                is_rounded(&parsed(have), &parsed(want)),
                expected,
                "{want} over {have}"
            );
        }
    }
}
