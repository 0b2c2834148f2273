-- clara-backend: 4 tables, 60 columns. A voice agent's own CRM store.
-- Plain PostgreSQL is enough; nothing here needs Supabase.

CREATE EXTENSION IF NOT EXISTS "uuid-ossp";

-- A client is a person; the firm is in "company".
CREATE TABLE public.clients (
    id           uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    name         varchar(255) NOT NULL,
    email        varchar(255) UNIQUE,
    phone        varchar(50),
    company      varchar(255),
    industry     varchar(100),
    company_size varchar(50),               -- a range such as '50-200', or a word
    website      varchar(255),
    created_at   timestamptz DEFAULT now(),
    updated_at   timestamptz DEFAULT now(),
    notes        text,
    tags         text[],
    status       varchar(50) DEFAULT 'active'
);

CREATE TABLE public.leads (
    id                   uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    client_id            uuid REFERENCES public.clients (id) ON DELETE CASCADE,
    name                 varchar(255),      -- the contact person
    email                varchar(255),
    phone                varchar(50),
    company              varchar(255),
    title                varchar(255),
    budget               varchar(50),
    authority            varchar(100),
    need                 text,
    timeline             varchar(100),
    qualification_status varchar(50) DEFAULT 'unqualified',
    lead_score           integer DEFAULT 0,
    score_grade          varchar(2),
    source               varchar(100) DEFAULT 'voice_call',
    conversation_summary text,
    extracted_info       jsonb,
    assigned_agent       varchar(50),       -- an agent's kind, not a person's key
    last_interaction     timestamptz,
    created_at           timestamptz DEFAULT now(),
    updated_at           timestamptz DEFAULT now(),
    status               varchar(50) DEFAULT 'new'
);

CREATE TABLE public.activities (
    id              uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    client_id       uuid REFERENCES public.clients (id) ON DELETE CASCADE,
    lead_id         uuid REFERENCES public.leads (id) ON DELETE CASCADE,
    activity_type   varchar(50) NOT NULL,
    agent_type      varchar(50),
    description     text,
    outcome         varchar(100),
    message_content text,
    agent_response  text,
    session_id      varchar(255),           -- conversations.session_id, by value only
    intent          varchar(50),
    confidence      numeric(3,2),
    created_at      timestamptz DEFAULT now(),
    metadata        jsonb
);

-- A session may start before its lead is known, and outlives it.
CREATE TABLE public.conversations (
    id            uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    session_id    varchar(255) NOT NULL UNIQUE,
    client_id     uuid REFERENCES public.clients (id) ON DELETE SET NULL,
    lead_id       uuid REFERENCES public.leads (id) ON DELETE SET NULL,
    agent_type    varchar(50),
    status        varchar(50) DEFAULT 'active',
    messages      jsonb DEFAULT '[]'::jsonb,  -- [{role, content}]
    started_at    timestamptz DEFAULT now(),
    ended_at      timestamptz,
    last_activity timestamptz DEFAULT now(),
    summary       text
);

CREATE INDEX idx_clients_email ON public.clients (email);
CREATE INDEX idx_clients_company ON public.clients (company);
CREATE INDEX idx_clients_status ON public.clients (status);

CREATE INDEX idx_leads_client_id ON public.leads (client_id);
CREATE INDEX idx_leads_email ON public.leads (email);
CREATE INDEX idx_leads_qualification_status ON public.leads (qualification_status);
CREATE INDEX idx_leads_lead_score ON public.leads (lead_score);
CREATE INDEX idx_leads_status ON public.leads (status);
CREATE INDEX idx_leads_created_at ON public.leads (created_at);

CREATE INDEX idx_activities_client_id ON public.activities (client_id);
CREATE INDEX idx_activities_lead_id ON public.activities (lead_id);
CREATE INDEX idx_activities_activity_type ON public.activities (activity_type);
CREATE INDEX idx_activities_created_at ON public.activities (created_at);
CREATE INDEX idx_activities_session_id ON public.activities (session_id);

CREATE INDEX idx_conversations_session_id ON public.conversations (session_id);
CREATE INDEX idx_conversations_client_id ON public.conversations (client_id);
CREATE INDEX idx_conversations_lead_id ON public.conversations (lead_id);
CREATE INDEX idx_conversations_status ON public.conversations (status);

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE TRIGGER update_clients_updated_at
    BEFORE UPDATE ON public.clients
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_leads_updated_at
    BEFORE UPDATE ON public.leads
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
