-- Messages to people, and how they want them.

CREATE TABLE IF NOT EXISTS public.notifications (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id           uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    type              text NOT NULL
        CHECK (type IN ('follow_up_reminder', 'meeting_reminder', 'overdue_follow_up', 'upcoming_meeting', 'lead_update', 'system_alert')),
    title             text NOT NULL,
    message           text NOT NULL,
    entity_type       text CHECK (entity_type IN ('follow_up', 'meeting', 'lead', 'system')),
    entity_id         uuid,
    scheduled_for     timestamptz,
    is_read           boolean DEFAULT false,
    notification_date timestamptz NOT NULL DEFAULT now(),
    delivery_method   text[] DEFAULT ARRAY['in_app'],
    metadata          jsonb DEFAULT '{}'::jsonb,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_notifications_user_id ON public.notifications (user_id);

CREATE OR REPLACE TRIGGER update_notifications_updated_at
    BEFORE UPDATE ON public.notifications
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE POLICY notifications_select ON public.notifications FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY notifications_insert ON public.notifications FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY notifications_update ON public.notifications FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY notifications_delete ON public.notifications FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()))
$ddl$);

ALTER TABLE public.notifications ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.notifications');

COMMENT ON TABLE public.notifications IS 'Messages to one person.';
COMMENT ON COLUMN public.notifications.entity_id IS 'Row of the kind in entity_type; no foreign key, since the table varies.';

CREATE TABLE IF NOT EXISTS public.notification_preferences (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id              uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    notification_type    text NOT NULL
        CHECK (notification_type IN ('follow_up_reminder', 'meeting_reminder', 'overdue_follow_up', 'upcoming_meeting', 'lead_update', 'system_alert')),
    enabled              boolean DEFAULT true,
    reminder_minutes     integer[] DEFAULT ARRAY[15, 60, 1440],
    delivery_methods     text[] DEFAULT ARRAY['in_app', 'sound'],
    email_enabled        boolean DEFAULT false,
    browser_push_enabled boolean DEFAULT true,
    sound_enabled        boolean DEFAULT true,
    sound_type           text DEFAULT 'info' CHECK (sound_type IN ('success', 'error', 'info')),
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_notification_preferences_user_id ON public.notification_preferences (user_id);

CREATE OR REPLACE TRIGGER update_notification_preferences_updated_at
    BEFORE UPDATE ON public.notification_preferences
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE POLICY notification_preferences_select ON public.notification_preferences FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY notification_preferences_insert ON public.notification_preferences FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY notification_preferences_update ON public.notification_preferences FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY notification_preferences_delete ON public.notification_preferences FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()))
$ddl$);

ALTER TABLE public.notification_preferences ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.notification_preferences');

COMMENT ON TABLE public.notification_preferences IS 'How a person wants to be told about what.';
COMMENT ON COLUMN public.notification_preferences.reminder_minutes IS 'Minutes ahead, one reminder each.';
