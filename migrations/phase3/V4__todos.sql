-- Tasks.

DO $$
BEGIN
    CREATE TYPE public.todo_status AS ENUM ('pending', 'in_progress', 'completed', 'cancelled');
EXCEPTION WHEN duplicate_object THEN
    RAISE DEBUG 'type `todo_status` is there';
END
$$;

DO $$
BEGIN
    CREATE TYPE public.todo_priority AS ENUM ('low', 'medium', 'high', 'urgent');
EXCEPTION WHEN duplicate_object THEN
    RAISE DEBUG 'type `todo_priority` is there';
END
$$;

CREATE OR REPLACE FUNCTION public.set_completed_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF NEW.status = 'completed' THEN
        NEW.completed_at := coalesce(NEW.completed_at, now());
    ELSE
        NEW.completed_at := NULL;
    END IF;
    RETURN NEW;
END
$$;

CALL align.rights_of_function('public.set_completed_at()', false);

CREATE TABLE IF NOT EXISTS public.todos (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id        uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    title          text NOT NULL,
    description    text,
    due_date       timestamptz,
    category       text,
    assigned_by    uuid REFERENCES public.users (id) ON DELETE SET NULL,
    completed_at   timestamptz,
    status         public.todo_status DEFAULT 'pending',
    priority       public.todo_priority DEFAULT 'medium',
    tags           text[] DEFAULT '{}',
    order_position integer DEFAULT 0,
    is_team_task   boolean DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_todos_user_id ON public.todos (user_id);
CREATE INDEX IF NOT EXISTS idx_todos_assigned_by ON public.todos (assigned_by);

CREATE OR REPLACE TRIGGER set_todo_completed_at
    BEFORE INSERT OR UPDATE OF status ON public.todos
    FOR EACH ROW EXECUTE FUNCTION public.set_completed_at();

CREATE OR REPLACE TRIGGER update_todos_updated_at
    BEFORE UPDATE ON public.todos
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.can_see_todo(todo uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT 1
        FROM public.todos AS t
        WHERE t.id = todo
          AND (auth.uid() IN (t.user_id, t.assigned_by)
               OR public.is_manager_of(auth.uid(), t.user_id)
               OR public.get_current_user_role() = 'super_admin')
    )
$$
$ddl$);

CALL align.rights_of_function('public.can_see_todo(uuid)', true);

-- A manager hands out tasks, hence the insert rule.
CALL align.adapt($ddl$
CREATE POLICY todos_select ON public.todos FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR assigned_by = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todos_insert ON public.todos FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todos_update ON public.todos FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todos_delete ON public.todos FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.todos ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.todos');

COMMENT ON TABLE public.todos IS 'Tasks of one person, set by themselves or a manager.';

CREATE TABLE IF NOT EXISTS public.todo_comments (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    todo_id    uuid NOT NULL REFERENCES public.todos (id) ON DELETE CASCADE,
    user_id    uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    comment    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_todo_comments_todo_id ON public.todo_comments (todo_id);
CREATE INDEX IF NOT EXISTS idx_todo_comments_user_id ON public.todo_comments (user_id);

CALL align.adapt($ddl$
CREATE POLICY todo_comments_select ON public.todo_comments FOR SELECT TO authenticated
    USING (public.can_see_todo(todo_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todo_comments_insert ON public.todo_comments FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND public.can_see_todo(todo_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todo_comments_update ON public.todo_comments FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()) AND public.can_see_todo(todo_id))
    WITH CHECK (user_id = (SELECT auth.uid()) AND public.can_see_todo(todo_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todo_comments_delete ON public.todo_comments FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.todo_comments ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.todo_comments');

COMMENT ON TABLE public.todo_comments IS 'Remarks on a task.';

CREATE TABLE IF NOT EXISTS public.todo_attachments (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    todo_id     uuid NOT NULL REFERENCES public.todos (id) ON DELETE CASCADE,
    filename    text NOT NULL,
    file_url    text NOT NULL,
    file_size   integer,
    uploaded_by uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_todo_attachments_todo_id ON public.todo_attachments (todo_id);
CREATE INDEX IF NOT EXISTS idx_todo_attachments_uploaded_by ON public.todo_attachments (uploaded_by);

CALL align.adapt($ddl$
CREATE POLICY todo_attachments_select ON public.todo_attachments FOR SELECT TO authenticated
    USING (public.can_see_todo(todo_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todo_attachments_insert ON public.todo_attachments FOR INSERT TO authenticated
    WITH CHECK (uploaded_by = (SELECT auth.uid()) AND public.can_see_todo(todo_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todo_attachments_update ON public.todo_attachments FOR UPDATE TO authenticated
    USING (uploaded_by = (SELECT auth.uid()) AND public.can_see_todo(todo_id))
    WITH CHECK (uploaded_by = (SELECT auth.uid()) AND public.can_see_todo(todo_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY todo_attachments_delete ON public.todo_attachments FOR DELETE TO authenticated
    USING (uploaded_by = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.todo_attachments ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.todo_attachments');

COMMENT ON TABLE public.todo_attachments IS 'Files of a task; the bytes are in storage.';
