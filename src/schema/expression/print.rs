//! A tree as SQL, with no more parentheses than precedence and a reader need.

use super::lexer::quote_text;
use super::parser::{LIKES, binds};
use super::tree::{
    Argument, Call, FromItem, Join, Node, OrderKey, Query, Relation, Select, Source, Subscript,
    Test,
};
use crate::schema::column_type::ColumnType;
use crate::schema::ident::quote;

/// The expression as SQL.
pub(super) fn sql(node: &Node) -> String {
    match node {
        Node::Column(path) => joined(path),
        Node::Star(path) if path.is_empty() => "*".to_owned(),
        Node::Star(path) => format!("{}.*", joined(path)),
        Node::Null => "NULL".to_owned(),
        Node::Bool(true) => "true".to_owned(),
        Node::Bool(false) => "false".to_owned(),
        Node::Number(text) => text.clone(),
        Node::Text(text) => quote_text(text),
        Node::Bits(bits) => format!("B'{bits}'"),
        Node::Parameter(number) => format!("${number}"),
        Node::Special(word, None) => word.clone(),
        Node::Special(word, Some(digits)) => format!("{word}({digits})"),
        Node::Call(call) => call_sql(call),
        Node::Form(word, list) => format!("{word}({})", list_sql(list)),
        Node::Extract(field, from) => format!("EXTRACT({field} FROM {})", sql(from)),
        Node::Prefix(op, operand) => prefix_sql(op, operand),
        Node::Binary(op, left, right) => binary_sql(op, left, right),
        Node::Any {
            left,
            op,
            all,
            right,
        } => any_sql(left, op, *all, right),
        Node::In {
            left,
            list,
            negated,
        } => {
            let word = if *negated { "NOT IN" } else { "IN" };
            let left = within(left, binds::LIKE + 1);
            format!("{left} {word} ({})", list_sql(list))
        }
        Node::InQuery {
            left,
            query,
            negated,
        } => {
            let word = if *negated { "NOT IN" } else { "IN" };
            let left = within(left, binds::LIKE + 1);
            format!("{left} {word} ({})", query_sql(query))
        }
        Node::Is {
            operand,
            test,
            negated,
        } => {
            let not = if *negated { "NOT " } else { "" };
            let operand = within(operand, binds::LIKE + 1);
            match test {
                Test::Words(words) => format!("{operand} IS {not}{words}"),
                Test::Distinct(other) => {
                    let other = within(other, binds::LIKE + 1);
                    format!("{operand} IS {not}DISTINCT FROM {other}")
                }
            }
        }
        Node::And(list) => chain(list, " AND ", binds::AND),
        Node::Or(list) => chain(list, " OR ", binds::OR),
        // `NOT a = b` is legal, and misread.
        Node::Not(operand) => format!("NOT {}", within(operand, binds::CAST)),
        Node::Cast { operand, ty, .. } => cast_sql(operand, ty),
        Node::Collate(operand, path) => {
            format!("{} COLLATE {}", within(operand, binds::SIGN), joined(path))
        }
        Node::Case {
            operand,
            arms,
            otherwise,
        } => case_sql(operand.as_deref(), arms, otherwise.as_deref()),
        Node::Array(list) => format!("ARRAY[{}]", list_sql(list)),
        Node::Subscript(base, subscript) => subscript_sql(base, subscript),
        Node::Field(base, name) => {
            let name = if name == "*" {
                name.clone()
            } else {
                quote(name)
            };
            match **base {
                Node::Subscript(..) | Node::Field(..) => format!("{}.{name}", sql(base)),
                _ => format!("({}).{name}", sql(base)),
            }
        }
        Node::Select(query) => format!("({})", query_sql(query)),
        Node::Exists(query) => format!("EXISTS ({})", query_sql(query)),
        Node::ArrayOf(query) => format!("ARRAY({})", query_sql(query)),
    }
}

/// How tightly the outermost operator of a node's text binds.
pub(super) fn binding(node: &Node) -> u8 {
    match node {
        Node::Or(_) => binds::OR,
        Node::And(_) => binds::AND,
        Node::Not(_) => binds::NOT,
        Node::Is { .. } => binds::IS,
        Node::In { .. } | Node::InQuery { .. } => binds::LIKE,
        Node::Binary(op, ..) | Node::Any { op, .. } => operator_binding(op),
        Node::Prefix(op, _) if matches!(op.as_str(), "+" | "-") => binds::SIGN,
        Node::Prefix(..) => binds::OTHER,
        Node::Number(text) if text.starts_with('-') => binds::SIGN,
        Node::Collate(..) => binds::COLLATE,
        Node::Cast { operand, ty, .. } if typed_literal(operand, ty).is_some() => binds::PRIMARY,
        Node::Cast { .. } => binds::CAST,
        Node::Subscript(..) | Node::Field(..) => binds::SUBSCRIPT,
        _ => binds::PRIMARY,
    }
}

fn operator_binding(op: &str) -> u8 {
    match op {
        "AT TIME ZONE" => binds::AT,
        "OVERLAPS" => binds::OTHER,
        op if like_word(op).is_some() => binds::LIKE,
        op => binds::of(op),
    }
}

fn like_word(op: &str) -> Option<&'static str> {
    let found = LIKES.iter().find(|(symbol, _)| *symbol == op);
    found.map(|(_, word)| *word)
}

/// The node, in parentheses unless it binds at least as tightly as asked.
fn within(node: &Node, min: u8) -> String {
    // A subscript binds tighter than a cast is written, but needs no parentheses under one.
    let own = match binding(node) {
        binds::SUBSCRIPT => binds::PRIMARY,
        own => own,
    };
    if own < min {
        format!("({})", sql(node))
    } else {
        sql(node)
    }
}

fn joined(path: &[String]) -> String {
    let parts: Vec<String> = path.iter().map(|part| quote(part)).collect();
    parts.join(".")
}

fn list_sql(list: &[Node]) -> String {
    let parts: Vec<String> = list.iter().map(sql).collect();
    parts.join(", ")
}

fn chain(list: &[Node], connective: &str, binding: u8) -> String {
    let parts: Vec<String> = list
        .iter()
        .map(|node| match node {
            // Mixed connectives are easier to read with parentheses.
            Node::And(_) | Node::Or(_) => format!("({})", sql(node)),
            _ => within(node, binding + 1),
        })
        .collect();
    parts.join(connective)
}

fn prefix_sql(op: &str, operand: &Node) -> String {
    let signs = matches!(op, "+" | "-");
    let min = if signs {
        binds::SUBSCRIPT
    } else {
        binds::OTHER + 1
    };
    let operand = within(operand, min);
    if signs {
        format!("{op}{operand}")
    } else {
        format!("{op} {operand}")
    }
}

fn binary_sql(op: &str, left: &Node, right: &Node) -> String {
    if let Some(word) = like_word(op) {
        let left = within(left, binds::LIKE + 1);
        if let Node::Call(call) = right
            && let Some([pattern, escape]) = call.plain("like_escape").as_deref()
        {
            let pattern = within(pattern, binds::LIKE + 1);
            let escape = within(escape, binds::LIKE + 1);
            return format!("{left} {word} {pattern} ESCAPE {escape}");
        }
        return format!("{left} {word} {}", within(right, binds::LIKE + 1));
    }
    let binding = operator_binding(op);
    // Comparisons do not associate, everything else does to the left.
    let left = within(left, binding + u8::from(binding == binds::COMPARISON));
    format!("{left} {op} {}", within(right, binding + 1))
}

fn any_sql(left: &Node, op: &str, all: bool, right: &Node) -> String {
    let binding = operator_binding(op);
    let left = within(left, binding + 1);
    let word = if all { "ALL" } else { "ANY" };
    let op = like_word(op).unwrap_or(op);
    match right {
        Node::Select(_) => format!("{left} {op} {word} {}", sql(right)),
        _ => format!("{left} {op} {word} ({})", sql(right)),
    }
}

/// The word before a constant of a type that says how its text is read.
fn typed_literal(operand: &Node, ty: &ColumnType) -> Option<String> {
    match (operand, ty) {
        (Node::Text(text), ColumnType::Interval { fields }) if fields.is_empty() => {
            Some(format!("interval {}", quote_text(text)))
        }
        _ => None,
    }
}

fn cast_sql(operand: &Node, ty: &ColumnType) -> String {
    typed_literal(operand, ty).unwrap_or_else(|| format!("{}::{ty}", within(operand, binds::CAST)))
}

fn case_sql(operand: Option<&Node>, arms: &[(Node, Node)], otherwise: Option<&Node>) -> String {
    let mut text = "CASE".to_owned();
    if let Some(operand) = operand {
        text.push(' ');
        text.push_str(&sql(operand));
    }
    for (when, then) in arms {
        text.push_str(" WHEN ");
        text.push_str(&sql(when));
        text.push_str(" THEN ");
        text.push_str(&sql(then));
    }
    if let Some(otherwise) = otherwise {
        text.push_str(" ELSE ");
        text.push_str(&sql(otherwise));
    }
    text.push_str(" END");
    text
}

fn subscript_sql(base: &Node, subscript: &Subscript) -> String {
    let base = match base {
        Node::Column(_) | Node::Parameter(_) | Node::Subscript(..) | Node::Array(_) => sql(base),
        Node::Field(..) => sql(base),
        _ => format!("({})", sql(base)),
    };
    let part = |node: &Option<Box<Node>>| node.as_deref().map(sql).unwrap_or_default();
    match subscript {
        Subscript::At(at) => format!("{base}[{}]", sql(at)),
        Subscript::Slice(from, to) => format!("{base}[{}:{}]", part(from), part(to)),
    }
}

/// Functions whose names are keywords and yet need no quotes in a call.
const PLAIN_CALLS: [&str; 6] = [
    "current_schema",
    "left",
    "overlay",
    "position",
    "right",
    "substring",
];

fn call_sql(call: &Call) -> String {
    if let Some([text, needle]) = call.plain("position").as_deref() {
        let needle = within(needle, binds::LIKE + 1);
        return format!("position({needle} IN {})", within(text, binds::LIKE + 1));
    }
    let name = match call.name.as_slice() {
        [name] if name == "btrim" => "trim".to_owned(),
        [name] if PLAIN_CALLS.contains(&name.as_str()) => name.clone(),
        path => joined(path),
    };
    let arguments: Vec<String> = call.arguments.iter().map(argument_sql).collect();
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let order = if call.order.is_empty() {
        String::new()
    } else {
        format!(" ORDER BY {}", keys_sql(&call.order))
    };
    let filter = match &call.filter {
        Some(filter) => format!(" FILTER (WHERE {})", sql(filter)),
        None => String::new(),
    };
    format!("{name}({distinct}{}{order}){filter}", arguments.join(", "))
}

fn argument_sql(argument: &Argument) -> String {
    let variadic = if argument.variadic { "VARIADIC " } else { "" };
    let value = sql(&argument.value);
    match &argument.name {
        Some(name) => format!("{variadic}{} => {value}", quote(name)),
        None => format!("{variadic}{value}"),
    }
}

fn keys_sql(keys: &[OrderKey]) -> String {
    let parts: Vec<String> = keys
        .iter()
        .map(|key| {
            let direction = if key.descending { " DESC" } else { "" };
            let nulls = match (key.nulls_first, key.descending) {
                (true, false) => " NULLS FIRST",
                (false, true) => " NULLS LAST",
                _ => "",
            };
            format!("{}{direction}{nulls}", sql(&key.value))
        })
        .collect();
    parts.join(", ")
}

fn query_sql(query: &Query) -> String {
    match query {
        Query::Read(select) => select_sql(select),
        Query::Raw(text) => text.clone(),
    }
}

fn select_sql(select: &Select) -> String {
    let mut parts = simple_select(select);
    for (words, other) in &select.others {
        parts.push(words.clone());
        parts.extend(simple_select(other));
    }
    if !select.order.is_empty() {
        parts.push(format!("ORDER BY {}", keys_sql(&select.order)));
    }
    for (word, part) in [("LIMIT", &select.limit), ("OFFSET", &select.offset)] {
        parts.extend(part.iter().map(|node| format!("{word} {}", sql(node))));
    }
    parts.join(" ")
}

fn simple_select(select: &Select) -> Vec<String> {
    let mut parts = vec!["SELECT".to_owned()];
    match &select.distinct {
        Some(on) if on.is_empty() => parts.push("DISTINCT".to_owned()),
        Some(on) => parts.push(format!("DISTINCT ON ({})", list_sql(on))),
        None => {}
    }
    let targets: Vec<String> = select
        .targets
        .iter()
        .map(|(node, alias)| match alias {
            Some(alias) => format!("{} AS {}", sql(node), quote(alias)),
            None => sql(node),
        })
        .collect();
    if !targets.is_empty() {
        parts.push(targets.join(", "));
    }
    if !select.from.is_empty() {
        let items: Vec<String> = select.from.iter().map(from_sql).collect();
        parts.push(format!("FROM {}", items.join(", ")));
    }
    if let Some(filter) = &select.filter {
        parts.push(format!("WHERE {}", sql(filter)));
    }
    if !select.group.is_empty() {
        parts.push(format!("GROUP BY {}", list_sql(&select.group)));
    }
    if let Some(having) = &select.having {
        parts.push(format!("HAVING {}", sql(having)));
    }
    parts
}

fn from_sql(item: &FromItem) -> String {
    let mut parts = vec![relation_sql(&item.relation)];
    for Join {
        kind,
        relation,
        on,
        using,
    } in &item.joins
    {
        parts.push(format!("{kind} {}", relation_sql(relation)));
        if let Some(on) = on {
            parts.push(format!("ON {}", sql(on)));
        }
        if !using.is_empty() {
            parts.push(format!("USING ({})", names_sql(using)));
        }
    }
    parts.join(" ")
}

fn names_sql(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
    names.join(", ")
}

fn relation_sql(relation: &Relation) -> String {
    let lateral = if relation.lateral { "LATERAL " } else { "" };
    let source = match &relation.source {
        Source::Table(path) => joined(path),
        Source::Function(call) => sql(call),
        Source::Query(query) => format!("({})", query_sql(query)),
    };
    let alias = match &relation.alias {
        Some(alias) => format!(" {}", quote(alias)),
        None => String::new(),
    };
    let columns = if relation.columns.is_empty() {
        String::new()
    } else {
        format!("({})", names_sql(&relation.columns))
    };
    format!("{lateral}{source}{alias}{columns}")
}
