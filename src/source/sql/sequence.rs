//! CREATE and ALTER SEQUENCE, and the sequences behind `serial` and identity columns.

use super::acl::Granted;
use super::cursor::{Cursor, Path, Read};
use super::state::{Applied, Relation, SequenceEntry, State};
use crate::schema::{ColumnType, Ident, QualifiedName, Sequence};

/// What was said about a sequence; what was left out is for the server to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) ty: Option<ColumnType>,
    increment: Option<i64>,
    /// `Some(None)` is `NO MINVALUE`.
    min: Option<Limit>,
    max: Option<Limit>,
    start: Option<i64>,
    cache: Option<i64>,
    cycle: Option<bool>,
    owned_by: Option<Owner>,
    pub(super) name: Option<Path>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Default,
    Value(i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    None,
    Column(Path, Ident),
}

impl Options {
    /// Nothing but the type.
    pub(super) fn of_type(ty: ColumnType) -> Self {
        Self {
            ty: Some(ty),
            ..Self::default()
        }
    }

    /// Reads options up to the first word that is none.
    pub(super) fn read(state: &State, c: &mut Cursor<'_>) -> Read<Self> {
        let mut options = Self::default();
        loop {
            if c.eat("as") {
                options.ty = Some(state.ty(c.ty()?));
            } else if c.eat("increment") {
                c.eat("by");
                options.increment = Some(c.number()?);
            } else if c.eat("minvalue") {
                options.min = Some(Limit::Value(c.number()?));
            } else if c.eat("maxvalue") {
                options.max = Some(Limit::Value(c.number()?));
            } else if c.eat_all(&["no", "minvalue"]) {
                options.min = Some(Limit::Default);
            } else if c.eat_all(&["no", "maxvalue"]) {
                options.max = Some(Limit::Default);
            } else if c.eat_all(&["no", "cycle"]) {
                options.cycle = Some(false);
            } else if c.eat("cycle") {
                options.cycle = Some(true);
            } else if c.eat("start") {
                c.eat("with");
                options.start = Some(c.number()?);
            } else if c.eat("cache") {
                options.cache = Some(c.number()?);
            } else if c.eat_all(&["owned", "by"]) {
                options.owned_by = Some(owner(c)?);
            } else if c.eat_all(&["sequence", "name"]) {
                options.name = Some(c.path()?);
            } else if c.eat("restart") {
                if c.eat("with")
                    || c.peek()
                        .starts_with(|ch: char| ch.is_ascii_digit() || ch == '-')
                {
                    c.number()?;
                }
            } else if c.eat_any(&["logged", "unlogged"]).is_none() {
                return Ok(options);
            }
        }
    }

    /// Reads `( options )` where they follow.
    pub(super) fn read_in_parentheses(state: &State, c: &mut Cursor<'_>) -> Read<Self> {
        if !c.is("(") {
            return Ok(Self::default());
        }
        let mut inner = c.parentheses()?;
        let options = Self::read(state, &mut inner)?;
        inner.expect_done()?;
        Ok(options)
    }

    /// Applies them to a sequence as the server's `init_params` does: a limit that was the old type's
    /// own follows a new type, and so does the start of a new sequence follow its limits.
    fn apply(&self, sequence: &mut Sequence, is_new: bool) {
        let (old_min, old_max) = type_limits(&sequence.ty);
        let retyped = !is_new && self.ty.is_some();
        let follows_min = retyped && sequence.min == old_min;
        let follows_max = retyped && sequence.max == old_max;
        if let Some(ty) = &self.ty {
            sequence.ty = ty.clone();
        }
        sequence.increment = self.increment.unwrap_or(sequence.increment);
        let (type_min, type_max) = type_limits(&sequence.ty);
        let ascending = sequence.increment > 0;
        match self.max {
            Some(Limit::Value(max)) => sequence.max = max,
            None if follows_max => sequence.max = type_max,
            None if !is_new => {}
            None | Some(Limit::Default) => sequence.max = if ascending { type_max } else { -1 },
        }
        match self.min {
            Some(Limit::Value(min)) => sequence.min = min,
            None if follows_min => sequence.min = type_min,
            None if !is_new => {}
            None | Some(Limit::Default) => sequence.min = if ascending { 1 } else { type_min },
        }
        match self.start {
            Some(start) => sequence.start = start,
            None if is_new => {
                sequence.start = if ascending {
                    sequence.min
                } else {
                    sequence.max
                };
            }
            None => {}
        }
        sequence.cache = self.cache.unwrap_or(sequence.cache);
        sequence.cycle = self.cycle.unwrap_or(sequence.cycle);
    }
}

fn owner(c: &mut Cursor<'_>) -> Read<Owner> {
    let first = c.name()?;
    if !c.is(".") {
        // `NONE` is the only owner of one word.
        return Ok(Owner::None);
    }
    let mut parts = vec![first];
    while c.eat(".") {
        parts.push(c.name()?);
    }
    let column = parts.pop().ok_or_else(|| c.misread("expected a column"))?;
    let name = parts.pop().ok_or_else(|| c.misread("expected a table"))?;
    let namespace = parts.pop();
    Ok(Owner::Column(Path { namespace, name }, column))
}

fn type_limits(ty: &ColumnType) -> (i64, i64) {
    match ty {
        ColumnType::Smallint => (i16::MIN.into(), i16::MAX.into()),
        ColumnType::Integer => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

fn default_sequence(name: QualifiedName) -> Sequence {
    Sequence {
        name,
        ty: ColumnType::Bigint,
        start: 1,
        increment: 1,
        min: 1,
        max: i64::MAX,
        cache: 1,
        cycle: false,
        owned_by: None,
        grants: Vec::new(),
        comment: None,
    }
}

/// `CREATE [ TEMPORARY | UNLOGGED ] SEQUENCE …`, from after `SEQUENCE`.
pub(super) fn create(state: &mut State, c: &mut Cursor<'_>, is_temporary: bool) -> Applied {
    let keeps = c.eat_all(&["if", "not", "exists"]);
    let name = state.target(&c.path()?);
    let options = Options::read(state, c)?;
    c.expect_done()?;
    if keeps && state.relations.contains_key(&name) {
        return Ok(());
    }
    if is_temporary {
        state.relations.insert(name, Relation::Opaque);
        return Ok(());
    }
    add(state, name.clone(), &options, false);
    set_owner(state, &name, &options);
    Ok(())
}

/// `ALTER SEQUENCE name …`, from after the name, when it is none of the actions that every relation
/// knows.
pub(super) fn alter(state: &mut State, name: &QualifiedName, c: &mut Cursor<'_>) -> Applied {
    if c.eat("set") {
        // `LOGGED`, `UNLOGGED`
        c.skip_all();
        return Ok(());
    }
    let options = Options::read(state, c)?;
    c.expect_done()?;
    if let Some(entry) = state.sequence_mut(name) {
        options.apply(&mut entry.sequence, false);
    }
    set_owner(state, name, &options);
    Ok(())
}

fn set_owner(state: &mut State, name: &QualifiedName, options: &Options) {
    let owner = match &options.owned_by {
        None => return,
        Some(Owner::None) => None,
        Some(Owner::Column(path, column)) => Some((state.relation_or_target(path), column.clone())),
    };
    if let Some(entry) = state.sequence_mut(name) {
        entry.sequence.owned_by = owner;
    }
}

/// Adds a sequence.
pub(super) fn add(state: &mut State, name: QualifiedName, options: &Options, is_identity: bool) {
    let mut sequence = default_sequence(name.clone());
    options.apply(&mut sequence, true);
    let entry = SequenceEntry {
        sequence,
        acl: state.new_acl(&name.namespace, Granted::Sequence),
        owner: None,
        is_identity,
    };
    state
        .relations
        .insert(name, Relation::Sequence(Box::new(entry)));
}

/// Adds the sequence behind a `serial` or an identity column, named `table_column_seq`.
pub(super) fn add_for_column(
    state: &mut State,
    table: &QualifiedName,
    column: &Ident,
    options: &Options,
    is_identity: bool,
) -> QualifiedName {
    let name = match &options.name {
        Some(path) => state.target(path),
        None => QualifiedName::new(
            table.namespace.clone(),
            state.choose_relation_name(table, Some(column.as_str()), "seq", false),
        ),
    };
    add(state, name.clone(), options, is_identity);
    if let Some(entry) = state.sequence_mut(&name) {
        entry.sequence.owned_by = Some((table.clone(), column.clone()));
    }
    name
}

/// Drops the sequences that a column owns, or with `None` those of the whole table.
pub(super) fn drop_owned(
    state: &mut State,
    table: &QualifiedName,
    column: Option<&Ident>,
    only_identity: bool,
) {
    state.relations.retain(|_, relation| match relation {
        Relation::Sequence(entry) => {
            let is_owned = entry
                .sequence
                .owned_by
                .as_ref()
                .is_some_and(|(t, c)| t == table && column.is_none_or(|column| column == c));
            !is_owned || only_identity && !entry.is_identity
        }
        _ => true,
    });
}
