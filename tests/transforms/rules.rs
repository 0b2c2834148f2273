//! The rules that both back-ends are driven with.

use super::Columns;
use super::values::Kind;

/// A rule, the columns it stands between, and what the source columns are filled with.
pub(crate) struct Case {
    pub(crate) from: &'static Columns<'static>,
    pub(crate) values: &'static [Kind],
    pub(crate) to: &'static Columns<'static>,
    pub(crate) rule: &'static str,
}

/// A rule from one text.
const fn of(values: &'static [Kind], to: &'static Columns<'static>, rule: &'static str) -> Case {
    Case {
        from: &[("a", "text")],
        values,
        to,
        rule,
    }
}

const fn typed(
    from: &'static Columns<'static>,
    values: &'static [Kind],
    to: &'static Columns<'static>,
    rule: &'static str,
) -> Case {
    Case {
        from,
        values,
        to,
        rule,
    }
}

pub(crate) const RULES: &[Case] = &[
    of(&[Kind::Number], &[("b", "smallint")], ""),
    of(&[Kind::Number], &[("b", "integer")], ""),
    of(&[Kind::Number], &[("b", "bigint not null")], ""),
    of(&[Kind::Number], &[("b", "numeric")], ""),
    of(
        &[Kind::Number],
        &[("b", "numeric(12,2)")],
        "on_error = 'null'",
    ),
    of(
        &[Kind::Number],
        &[("b", "numeric(5,5)")],
        "default = 0.5\non_error = 'default'",
    ),
    of(&[Kind::Number], &[("b", "numeric(3,0)")], "default = 7"),
    of(&[Kind::Number], &[("b", "real")], ""),
    of(&[Kind::Number], &[("b", "double precision")], ""),
    of(
        &[Kind::Number],
        &[("b", "text")],
        "cast = 'double precision'",
    ),
    of(&[Kind::Number], &[("b", "text")], "cast = 'real'"),
    of(&[Kind::Number], &[("b", "text")], "cast = 'numeric(10,3)'"),
    of(
        &[Kind::Number],
        &[("b", "integer")],
        "cast = 'integer'\nformat = '9G999G999'",
    ),
    of(
        &[Kind::Number],
        &[("b", "numeric")],
        "cast = 'numeric'\nformat = '999,999.99'",
    ),
    of(
        &[Kind::Number],
        &[("b", "numeric")],
        "scale = { factor = 0.45359237, offset = -3 }",
    ),
    of(
        &[Kind::Number],
        &[("b", "integer")],
        "scale = { factor = 100 }",
    ),
    of(&[Kind::Word], &[("b", "boolean")], ""),
    of(
        &[Kind::Word],
        &[("b", "boolean not null")],
        "default = false",
    ),
    of(
        &[Kind::Word],
        &[("b", "text not null")],
        "nulls = ['', 'n/a', 'NULL']",
    ),
    of(&[Kind::Word], &[("b", "varchar(5)")], ""),
    of(&[Kind::Word], &[("b", "char(4)")], ""),
    of(
        &[Kind::Word],
        &[("b", "varchar(3) not null")],
        "on_error = 'null'",
    ),
    of(&[Kind::Word], &[("b", "bytea")], ""),
    of(&[Kind::Uuid], &[("b", "uuid")], ""),
    of(&[Kind::Moment], &[("b", "date")], ""),
    of(
        &[Kind::Moment],
        &[("b", "date")],
        "cast = 'date'\nzone = 'America/New_York'",
    ),
    of(&[Kind::Moment], &[("b", "timestamp")], ""),
    of(
        &[Kind::Moment],
        &[("b", "timestamp(3)")],
        "cast = 'timestamp(3)'\nzone = 'Australia/Lord_Howe'",
    ),
    of(&[Kind::Moment], &[("b", "timestamptz")], ""),
    of(
        &[Kind::Moment],
        &[("b", "timestamptz(0)")],
        "cast = 'timestamptz(0)'\nzone = 'Europe/Paris'",
    ),
    of(
        &[Kind::Moment],
        &[("b", "timestamptz")],
        "cast = 'timestamptz'\nzone = 'America/New_York'",
    ),
    of(
        &[Kind::Moment],
        &[("b", "text")],
        "cast = 'timestamptz'\nzone = 'Australia/Lord_Howe'",
    ),
    of(&[Kind::Moment], &[("b", "time")], ""),
    of(&[Kind::Clock], &[("b", "time")], ""),
    of(&[Kind::Clock], &[("b", "time(2)")], ""),
    of(
        &[Kind::European],
        &[("b", "date")],
        "cast = 'date'\nformat = 'DD/MM/YYYY'",
    ),
    of(
        &[Kind::European],
        &[("b", "timestamptz")],
        "cast = 'timestamptz'\nformat = 'DD.MM.YYYY HH24:MI:SS'\nzone = 'Europe/Paris'",
    ),
    of(
        &[Kind::American],
        &[("b", "timestamp")],
        "cast = 'timestamp'\nformat = 'Mon DD, YYYY HH12:MI AM'",
    ),
    of(&[Kind::Json], &[("b", "jsonb")], ""),
    of(&[Kind::Json], &[("b", "json")], ""),
    of(&[Kind::Json], &[("b", "text")], "json = '$.budget.amount'"),
    of(
        &[Kind::Json],
        &[("b", "numeric")],
        "json = '$.list[1]'\ncast = 'numeric'",
    ),
    of(&[Kind::Json], &[("b", "text")], "json = '$'"),
    of(
        &[Kind::Json],
        &[("b", "text")],
        "json = '$.\"odd \\\" name\"'",
    ),
    of(
        &[Kind::Range],
        &[("b", "integer")],
        "range = { rule = 'lower', open = 'end', words = { startup = 10, Small = 25 } }\nnulls = ['', '-', 'n/a']",
    ),
    of(
        &[Kind::Range],
        &[("b", "integer")],
        "range = { rule = 'midpoint', open = 'fail' }",
    ),
    of(
        &[Kind::Range],
        &[("b", "bigint")],
        "range = { rule = 'upper', open = 'null' }",
    ),
    of(
        &[Kind::Range],
        &[("b", "text")],
        "range = { rule = 'midpoint', open = 'end' }",
    ),
    of(
        &[Kind::Range],
        &[("b", "numeric not null")],
        "range = { rule = 'lower' }\non_error = 'null'\ndefault = 1",
    ),
    of(
        &[Kind::Word],
        &[("b", "text")],
        "on_unknown = 'keep'\n[column.values]\nnew = 'P3'\nyes = \"it's\"",
    ),
    of(
        &[Kind::Word],
        &[("b", "text")],
        "on_unknown = { value = 'other' }\n[column.values]\nnew = 'P3'",
    ),
    of(
        &[Kind::Word],
        &[("b", "integer")],
        "on_unknown = 'null'\n[column.values]\nnew = 3\nyes = 1",
    ),
    of(
        &[Kind::Word],
        &[("b", "integer")],
        "[column.values]\nnew = 3\nyes = 99999999999\n'' = 0",
    ),
    of(
        &[Kind::Person],
        &[("b", "integer")],
        "lookup = { table = 'people', match = ['email', 'full_name'], normalize = ['trim', 'lower'], take = 'id' }",
    ),
    of(
        &[Kind::Person],
        &[("b", "integer not null")],
        "lookup = { table = 'people', match = ['email', 'full_name'], normalize = ['lower'], take = 'id', on_missing = 'null', on_ambiguous = 'null' }\ndefault = 1",
    ),
    of(
        &[Kind::Person],
        &[("b", "bigint")],
        "lookup = { table = 'people', match = ['email', 'full_name'], take = 'id', on_missing = 'null' }\non_error = 'null'",
    ),
    of(
        &[Kind::Person],
        &[("b", "text")],
        "nulls = ['', 'none']\nsteps = [ { values = { sales_agent = 'clara@trendtialcrm.ai' }, on_unknown = 'keep' }, { lookup = { table = 'people', match = ['email', 'full_name'], normalize = ['trim', 'lower'], take = 'id' } } ]",
    ),
    of(
        &[Kind::Word],
        &[("b", "text"), ("c", "text")],
        "split = { on = ' ' }",
    ),
    of(
        &[Kind::Word],
        &[("b", "text"), ("c", "varchar(4)")],
        "split = { on = ' ', limit = 2 }",
    ),
    of(
        &[Kind::Word],
        &[("b", "text"), ("c", "text")],
        "split = { on = ' ', limit = 5 }",
    ),
    of(
        &[Kind::Moment],
        &[("b", "integer"), ("c", "text")],
        "split = { regex = '^(\\d+)-?([^ ]*).*$' }",
    ),
    of(
        &[Kind::Number],
        &[("b", "integer")],
        "when = [ { if = \"a >= 70 or a = 'x'\", value = 3 }, { if = 'not (a < 10)', value = 2 } ]\notherwise = 1",
    ),
    of(
        &[Kind::Word],
        &[("b", "text")],
        "when = [ { if = \"a in ('new', 'yes') and a is not null\", value = 'P1' }, { if = \"a > 'm'\", value = 'P2' }, { if = 'a = true', value = 'P3' } ]\nnulls = ['new']",
    ),
    of(&[Kind::Word], &[("b", "jsonb")], "pack = 'json'"),
    of(
        &[Kind::Number],
        &[("b", "text")],
        "steps = [ { cast = 'integer' }, { values = { 1 = 'one', 10 = 'ten' }, on_unknown = 'keep' }, { scale = { factor = 2 } } ]\non_error = 'null'",
    ),
    typed(
        &[("a", "integer"), ("c", "text")],
        &[Kind::Number, Kind::Word],
        &[("b", "text")],
        "when = [ { if = \"c = 'yes' and a > 5\", value = 1 }, { if = \"a < 0 or c <> 'new'\", value = 2 } ]",
    ),
    typed(
        &[("a", "text"), ("c", "text"), ("d", "text")],
        &[Kind::Word, Kind::Word, Kind::Number],
        &[("b", "text")],
        "concat = { sep = ' / ' }\nnulls = ['']",
    ),
    typed(
        &[("a", "text"), ("c", "integer")],
        &[Kind::Word, Kind::Number],
        &[("b", "varchar(8)")],
        "concat = { sep = '', skip_null = false }",
    ),
    typed(
        &[
            ("a", "numeric"),
            ("c", "double precision"),
            ("d", "boolean"),
            ("e", "jsonb"),
            ("f", "json"),
            ("g", "text"),
            ("h", "timestamptz"),
        ],
        &[
            Kind::Number,
            Kind::Number,
            Kind::Word,
            Kind::Json,
            Kind::Json,
            Kind::Word,
            Kind::Moment,
        ],
        &[("b", "jsonb")],
        "pack = 'json'",
    ),
    typed(
        &[("a", "real"), ("c", "bigint"), ("d", "text"), ("e", "date")],
        &[Kind::Number, Kind::Number, Kind::Word, Kind::Moment],
        &[("b", "text")],
        "pack = 'text'\nnulls = ['', '0']",
    ),
    typed(
        &[("a", "numeric")],
        &[Kind::Number],
        &[("b", "integer")],
        "",
    ),
    typed(
        &[("a", "double precision")],
        &[Kind::Number],
        &[("b", "bigint")],
        "",
    ),
    typed(
        &[("a", "double precision")],
        &[Kind::Number],
        &[("b", "numeric(20,4)")],
        "",
    ),
    typed(
        &[("a", "real")],
        &[Kind::Number],
        &[("b", "double precision")],
        "",
    ),
    typed(
        &[("a", "double precision")],
        &[Kind::Number],
        &[("b", "real")],
        "",
    ),
    typed(
        &[("a", "integer")],
        &[Kind::Number],
        &[("b", "bigint not null")],
        "",
    ),
    typed(
        &[("a", "bigint")],
        &[Kind::Number],
        &[("b", "smallint")],
        "default = 0\nnulls = ['1']",
    ),
    typed(
        &[("a", "boolean")],
        &[Kind::Word],
        &[("b", "integer")],
        "[column.values]\ntrue = 1\nfalse = 0",
    ),
    typed(
        &[("a", "timestamptz")],
        &[Kind::Moment],
        &[("b", "date")],
        "cast = 'date'\nzone = 'America/New_York'",
    ),
    typed(
        &[("a", "timestamp")],
        &[Kind::Moment],
        &[("b", "timestamptz")],
        "cast = 'timestamptz'\nzone = 'Europe/Paris'",
    ),
    typed(
        &[("a", "timestamptz")],
        &[Kind::Moment],
        &[("b", "timestamp")],
        "",
    ),
    typed(
        &[("a", "timestamp(3)")],
        &[Kind::Moment],
        &[("b", "timestamp")],
        "",
    ),
    typed(
        &[("a", "date")],
        &[Kind::Moment],
        &[("b", "text")],
        "when = [ { if = \"a < '2024-03-01'\", value = 'old' }, { if = \"a is null\", value = 'none' } ]\notherwise = 'new'",
    ),
    typed(
        &[("a", "timestamptz")],
        &[Kind::Moment],
        &[("b", "text")],
        "when = [ { if = \"a >= '2024-03-31 02:30+01' and a <> '2024-06-01'\", value = 'new' } ]",
    ),
    typed(
        &[("a", "uuid")],
        &[Kind::Uuid],
        &[("b", "text")],
        "when = [ { if = \"a = '00000000-0000-0000-0000-000000000000'\", value = 'nil' } ]\notherwise = 'some'",
    ),
    typed(
        &[("a", "jsonb")],
        &[Kind::Json],
        &[("b", "text")],
        "json = '$.list[0]'",
    ),
    typed(&[("a", "json")], &[Kind::Json], &[("b", "jsonb")], ""),
    typed(
        &[("a", "varchar(40)")],
        &[Kind::Word],
        &[("b", "varchar(12)")],
        "",
    ),
    typed(&[("a", "char(6)")], &[Kind::Word], &[("b", "text")], ""),
    typed(
        &[("a", "numeric(8,2)")],
        &[Kind::Number],
        &[("b", "numeric(12,4)")],
        "nulls = ['0.00']\ndefault = 1",
    ),
    typed(&[], &[], &[("b", "integer not null")], "value = 5"),
];
