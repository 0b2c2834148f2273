//! An expression as a tree, and the walks over it.

use crate::schema::column_type::ColumnType;

/// What is done with the path of a column, given the names of the relations that each enclosing
/// sub-select reads, the outermost first.
pub(super) type OnColumn<'a> = dyn FnMut(&mut Vec<String>, &[Vec<String>]) + 'a;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `a`, `t.a`, `s.t.a`
    Column(Vec<String>),
    /// `*`, `t.*`
    Star(Vec<String>),
    Null,
    Bool(bool),
    /// In decimal, with a sign when it is negative.
    Number(String),
    Text(String),
    Bits(String),
    Parameter(String),
    /// `CURRENT_TIMESTAMP(3)` and its kin: the word in upper case, and the digits.
    Special(String, Option<String>),
    Call(Box<Call>),
    /// `COALESCE`, `NULLIF`, `GREATEST`, `LEAST`, `ROW`: the word in upper case.
    Form(&'static str, Vec<Self>),
    /// `EXTRACT(field FROM x)`
    Extract(String, Box<Self>),
    Prefix(String, Box<Self>),
    Binary(String, Box<Self>, Box<Self>),
    /// `x op ANY (…)`, `x op ALL (…)` over an array or a sub-select.
    Any {
        left: Box<Self>,
        op: String,
        all: bool,
        right: Box<Self>,
    },
    In {
        left: Box<Self>,
        list: Vec<Self>,
        negated: bool,
    },
    /// `x IN (SELECT …)`
    InQuery {
        left: Box<Self>,
        query: Box<Query>,
        negated: bool,
    },
    Is {
        operand: Box<Self>,
        test: Test,
        negated: bool,
    },
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Cast {
        operand: Box<Self>,
        ty: ColumnType,
        /// The operand has parentheses that it does not need, as the server prints every cast: then
        /// the server may have added the cast itself.
        bracketed: bool,
    },
    Collate(Box<Self>, Vec<String>),
    Case {
        operand: Option<Box<Self>>,
        arms: Vec<(Self, Self)>,
        otherwise: Option<Box<Self>>,
    },
    Array(Vec<Self>),
    Subscript(Box<Self>, Subscript),
    /// `(x).field`
    Field(Box<Self>, String),
    Select(Box<Query>),
    Exists(Box<Query>),
    /// `ARRAY(SELECT …)`
    ArrayOf(Box<Query>),
}

/// What `IS` asks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// `NULL`, `TRUE`, `FALSE`, `UNKNOWN`, `DOCUMENT`, `JSON …`, `NORMALIZED`: the words in upper
    /// case.
    Words(String),
    /// `DISTINCT FROM …`
    Distinct(Box<Node>),
}

/// `[1]` or `[1:2]`
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Subscript {
    At(Box<Node>),
    Slice(Option<Box<Node>>, Option<Box<Node>>),
}

/// A function call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: Vec<String>,
    pub(super) arguments: Vec<Argument>,
    /// `f(DISTINCT …)`
    pub(super) distinct: bool,
    pub(super) order: Vec<OrderKey>,
    /// `FILTER (WHERE …)`
    pub(super) filter: Option<Node>,
}

impl Call {
    pub(super) fn new(name: &str, arguments: Vec<Node>) -> Self {
        Self {
            name: vec![name.to_owned()],
            arguments: arguments.into_iter().map(Argument::plain).collect(),
            distinct: false,
            order: Vec::new(),
            filter: None,
        }
    }

    /// The arguments, when the call is nothing but the named function over plain ones.
    pub(super) fn plain(&self, name: &str) -> Option<Vec<&Node>> {
        let named = matches!(self.name.as_slice(), [own] if own == name);
        let simple = named && !self.distinct && self.order.is_empty() && self.filter.is_none();
        let mut values = Vec::new();
        for argument in &self.arguments {
            if argument.name.is_some() || argument.variadic {
                return None;
            }
            values.push(&argument.value);
        }
        simple.then_some(values)
    }
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Argument {
    /// `name => value`
    pub(super) name: Option<String>,
    pub(super) variadic: bool,
    pub(super) value: Node,
}

impl Argument {
    pub(super) fn plain(value: Node) -> Self {
        Self {
            name: None,
            variadic: false,
            value,
        }
    }
}

/// A key of `ORDER BY`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OrderKey {
    pub(super) value: Node,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
}

/// A sub-select.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Query {
    Read(Box<Select>),
    /// One that this parser does not read, as normalised tokens.
    Raw(String),
}

/// The parts of a sub-select that this parser reads.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Select {
    /// `DISTINCT`, with what `ON` lists.
    pub(super) distinct: Option<Vec<Node>>,
    pub(super) targets: Vec<(Node, Option<String>)>,
    pub(super) from: Vec<FromItem>,
    pub(super) filter: Option<Node>,
    pub(super) group: Vec<Node>,
    pub(super) having: Option<Node>,
    /// `UNION …` with the words in upper case, in order.
    pub(super) others: Vec<(String, Self)>,
    pub(super) order: Vec<OrderKey>,
    pub(super) limit: Option<Node>,
    pub(super) offset: Option<Node>,
}

/// One item of `FROM`, and what is joined to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FromItem {
    pub(super) relation: Relation,
    pub(super) joins: Vec<Join>,
}

/// A joined relation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Join {
    /// Such as `LEFT JOIN`.
    pub(super) kind: String,
    pub(super) relation: Relation,
    pub(super) on: Option<Node>,
    pub(super) using: Vec<String>,
}

/// A table, a function or a sub-select under `FROM`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Relation {
    pub(super) lateral: bool,
    pub(super) source: Source,
    pub(super) alias: Option<String>,
    pub(super) columns: Vec<String>,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Table(Vec<String>),
    Function(Node),
    Query(Query),
}

impl Relation {
    /// The name that qualifies its columns.
    pub(super) fn called(&self) -> Option<&str> {
        match (&self.alias, &self.source) {
            (Some(alias), _) => Some(alias),
            (None, Source::Table(path)) => path.last().map(String::as_str),
            (None, Source::Function(Node::Call(call))) => call.name.last().map(String::as_str),
            (None, _) => None,
        }
    }
}

impl Relation {
    fn function_mut(&mut self) -> Option<&mut Node> {
        match &mut self.source {
            Source::Function(node) => Some(node),
            Source::Table(_) | Source::Query(_) => None,
        }
    }
}

impl Select {
    pub(super) fn relations_mut(&mut self) -> impl Iterator<Item = &mut Relation> {
        self.from.iter_mut().flat_map(|item| {
            let joined = item.joins.iter_mut().map(|j| &mut j.relation);
            std::iter::once(&mut item.relation).chain(joined)
        })
    }

    /// Every relation under `FROM`.
    pub(super) fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.from.iter().flat_map(|item| {
            std::iter::once(&item.relation).chain(item.joins.iter().map(|j| &j.relation))
        })
    }

    /// The nodes directly in it, what stands in a sub-select under `FROM` left out.
    pub(super) fn nodes_mut(&mut self) -> Vec<&mut Node> {
        let mut nodes: Vec<&mut Node> = Vec::new();
        nodes.extend(self.distinct.iter_mut().flatten());
        nodes.extend(self.targets.iter_mut().map(|t| &mut t.0));
        for item in &mut self.from {
            nodes.extend(item.relation.function_mut());
            for join in &mut item.joins {
                nodes.extend(join.relation.function_mut());
                nodes.extend(&mut join.on);
            }
        }
        nodes.extend(&mut self.filter);
        nodes.extend(&mut self.group);
        nodes.extend(&mut self.having);
        nodes.extend(self.order.iter_mut().map(|k| &mut k.value));
        nodes.extend(&mut self.limit);
        nodes.extend(&mut self.offset);
        nodes
    }

    /// Calls back with every column in it and in what is nested in it.
    pub(super) fn each_column(&mut self, scopes: &mut Vec<Vec<String>>, f: &mut OnColumn<'_>) {
        self.each_own_column(scopes, f);
        for (_, other) in &mut self.others {
            other.each_column(scopes, f);
        }
    }

    /// The same without the queries that a `UNION` adds.
    pub(super) fn each_own_column(&mut self, scopes: &mut Vec<Vec<String>>, f: &mut OnColumn<'_>) {
        let names = self.relations().filter_map(Relation::called);
        scopes.push(names.map(str::to_owned).collect());
        for node in self.nodes_mut() {
            node.each_column(scopes, f);
        }
        for relation in self.relations_mut() {
            if let Source::Query(Query::Read(select)) = &mut relation.source {
                select.each_column(scopes, f);
            }
        }
        scopes.pop();
    }
}

/// One walk, for shared and for exclusive borrows.
macro_rules! children {
    ($name:ident, $iter:ident, $as_deref:ident, $($exclusive:tt)?) => {
        /// The nodes directly under this one, those of a sub-select left out.
        pub(super) fn $name(&$($exclusive)? self) -> Vec<&$($exclusive)? Self> {
            match self {
                Self::Column(_)
                | Self::Star(_)
                | Self::Null
                | Self::Bool(_)
                | Self::Number(_)
                | Self::Text(_)
                | Self::Bits(_)
                | Self::Parameter(_)
                | Self::Special(..)
                | Self::Select(_)
                | Self::Exists(_)
                | Self::ArrayOf(_) => Vec::new(),
                Self::Call(call) => {
                    let call = &$($exclusive)? **call;
                    let values = call.arguments.$iter().map(|a| &$($exclusive)? a.value);
                    let keys = call.order.$iter().map(|k| &$($exclusive)? k.value);
                    values.chain(keys).chain(call.filter.$iter()).collect()
                }
                Self::Form(_, list) | Self::And(list) | Self::Or(list) | Self::Array(list) => {
                    list.$iter().collect()
                }
                Self::Extract(_, one)
                | Self::Prefix(_, one)
                | Self::Not(one)
                | Self::Collate(one, _)
                | Self::Field(one, _)
                | Self::Cast { operand: one, .. }
                | Self::InQuery { left: one, .. } => vec![one],
                Self::Binary(_, left, right) | Self::Any { left, right, .. } => vec![left, right],
                Self::In { left, list, .. } => {
                    std::iter::once(&$($exclusive)? **left).chain(list).collect()
                }
                Self::Is { operand, test, .. } => match test {
                    Test::Words(_) => vec![operand],
                    Test::Distinct(other) => vec![operand, other],
                },
                Self::Case { operand, arms, otherwise } => {
                    let mut nodes: Vec<&$($exclusive)? Self> = Vec::new();
                    nodes.extend(operand.$as_deref());
                    for (when, then) in arms {
                        nodes.push(when);
                        nodes.push(then);
                    }
                    nodes.extend(otherwise.$as_deref());
                    nodes
                }
                Self::Subscript(base, subscript) => {
                    let mut nodes: Vec<&$($exclusive)? Self> = vec![base];
                    match subscript {
                        Subscript::At(at) => nodes.push(at),
                        Subscript::Slice(from, to) => {
                            nodes.extend(from.$as_deref());
                            nodes.extend(to.$as_deref());
                        }
                    }
                    nodes
                }
            }
        }
    };
}

impl Node {
    pub(super) fn boxed(self) -> Box<Self> {
        Box::new(self)
    }

    pub(super) fn binary(op: &str, left: Self, right: Self) -> Self {
        Self::Binary(op.to_owned(), left.boxed(), right.boxed())
    }

    /// The sub-select that hangs directly on this node.
    pub(super) fn query_mut(&mut self) -> Option<&mut Query> {
        match self {
            Self::Select(query)
            | Self::Exists(query)
            | Self::ArrayOf(query)
            | Self::InQuery { query, .. } => Some(query),
            _ => None,
        }
    }

    children!(children, iter, as_deref,);
    children!(children_mut, iter_mut, as_deref_mut, mut);

    /// Calls back with every column in it, those of sub-selects included.
    pub(super) fn each_column(&mut self, scopes: &mut Vec<Vec<String>>, f: &mut OnColumn<'_>) {
        if let Self::Column(path) = self {
            f(path, scopes);
            return;
        }
        for child in self.children_mut() {
            child.each_column(scopes, f);
        }
        if let Some(Query::Read(select)) = self.query_mut() {
            select.each_column(scopes, f);
        }
    }

    /// Whether the node or one under it, sub-selects left out, is as asked.
    pub(super) fn any(&self, asked: &mut dyn FnMut(&Self) -> bool) -> bool {
        asked(self) || self.children().into_iter().any(|child| child.any(asked))
    }
}
