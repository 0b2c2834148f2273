//! A schema of any size: each table has a key, a unique column, a check, a foreign key to the table
//! before it, and two indexes.

use std::fmt::Write;

/// The SQL of `n` tables; `text` is the type of their label columns.
pub(crate) fn schema(n: usize, text: &str) -> String {
    let mut sql = String::new();
    for i in 0..n {
        let parent = i.saturating_sub(1);
        write!(
            sql,
            "CREATE TABLE public.item_{i} (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  parent_id uuid REFERENCES public.item_{parent} (id) ON DELETE CASCADE,
  code {text} NOT NULL UNIQUE,
  label {text},
  status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'open', 'done')),
  amount numeric(12,2) DEFAULT 0 CHECK (amount >= 0),
  quantity integer NOT NULL DEFAULT 1,
  tags text[] DEFAULT '{{}}',
  extra jsonb,
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz
);
CREATE INDEX item_{i}_parent_idx ON public.item_{i} (parent_id);
CREATE INDEX item_{i}_open_idx ON public.item_{i} (lower(label), created_at DESC) WHERE status = 'open';
"
        )
        .expect("a string takes everything");
    }
    sql
}
