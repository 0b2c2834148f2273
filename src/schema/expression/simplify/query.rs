//! Sub-selects: names of output columns, aliases and qualifiers that nothing asks for.

use super::{At, Rules};
use crate::schema::expression::tree::{Node, Query, Relation, Select, Source};

/// What a sub-select is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Its values count, not what they are called.
    Values,
    /// A relation under `FROM`, whose columns have names.
    Relation,
}

impl Rules<'_> {
    pub(super) fn query(&self, query: Query, role: Role, inner: bool) -> Query {
        match query {
            Query::Raw(text) => {
                self.server.set(true);
                Query::Raw(text)
            }
            Query::Read(select) => Query::Read(Box::new(self.select(*select, role, inner))),
        }
    }

    fn select(&self, mut select: Select, role: Role, inner: bool) -> Select {
        let tables = !select.from.is_empty();
        if tables {
            self.server.set(true);
        }
        let within = inner || tables;
        for node in select.nodes_mut() {
            let old = std::mem::replace(node, Node::Null);
            *node = self.node(old, At::Top, within);
        }
        for relation in select.relations_mut() {
            self.relation(relation, within);
        }
        select.others = std::mem::take(&mut select.others)
            .into_iter()
            .map(|(words, other)| (words, self.select(other, role, inner)))
            .collect();
        for (node, alias) in &mut select.targets {
            if role != Role::Relation || alias.as_deref() == output_name(node) {
                *alias = None;
            }
        }
        forget_qualifiers(&mut select);
        select
    }

    fn relation(&self, relation: &mut Relation, inner: bool) {
        let source = std::mem::replace(&mut relation.source, Source::Table(Vec::new()));
        relation.source = match source {
            Source::Table(mut path) => {
                if path.len() == 2 && path[0] == self.home {
                    path.remove(0);
                }
                Source::Table(path)
            }
            Source::Query(query) => Source::Query(self.query(query, Role::Relation, inner)),
            function @ Source::Function(_) => function,
        };
        // A function's only column is called as the function is.
        if relation.columns.as_slice() == relation.alias.as_slice() {
            relation.columns.clear();
        }
        let own = match &relation.source {
            Source::Table(path) => path.last(),
            _ => None,
        };
        if relation.alias.as_ref() == own && relation.columns.is_empty() {
            relation.alias = None;
        }
    }
}

/// What the server calls an output column when nobody does.
fn output_name(node: &Node) -> Option<&str> {
    match node {
        Node::Column(path) => path.last().map(String::as_str),
        Node::Call(call) => call.name.last().map(String::as_str),
        Node::Cast { operand, .. } => output_name(operand),
        _ => None,
    }
}

/// What `EXISTS` selects is not looked at; the server writes out every column of a `*`.
pub(super) fn forget_targets(select: &mut Select) {
    let grouped = select.distinct.is_some()
        || !select.group.is_empty()
        || select.having.is_some()
        || !select.others.is_empty();
    let idle = select.targets.iter().all(|(node, _)| {
        matches!(
            node,
            Node::Star(_)
                | Node::Column(_)
                | Node::Number(_)
                | Node::Text(_)
                | Node::Bool(_)
                | Node::Null
        )
    });
    if !grouped && idle {
        select.targets = vec![(Node::Number("1".to_owned()), None)];
    }
}

/// Columns of the only relation need no qualifier, and then it needs no alias. A name that could as
/// well be another table's leaves all as it is.
fn forget_qualifiers(select: &mut Select) {
    let mut relations = select.relations();
    let (Some(relation), None) = (relations.next(), relations.next()) else {
        return;
    };
    let Some(called) = relation.called().map(str::to_owned) else {
        return;
    };
    let own = match &relation.source {
        Source::Table(path) => path.last().cloned(),
        _ => None,
    };
    drop(relations);
    let mut ambiguous = false;
    let mut needed = false;
    select.each_own_column(&mut Vec::new(), &mut |path, scopes| {
        if let [qualifier, .., _] = path.as_slice() {
            ambiguous |= own.as_ref() == Some(qualifier) && *qualifier != called;
            // A deeper sub-select needs the name to reach out to this one.
            needed |= *qualifier == called && scopes.len() > 1;
        }
    });
    if ambiguous {
        return;
    }
    select.each_own_column(&mut Vec::new(), &mut |path, scopes| {
        if scopes.len() == 1 && path.len() == 2 && path[0] == called {
            path.remove(0);
        }
    });
    if !needed && own.is_some() {
        for relation in select.relations_mut() {
            if relation.columns.is_empty() {
                relation.alias = None;
            }
        }
    }
}
