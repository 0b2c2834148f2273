-- What served the old names alone. What makes calls of sessions and entries of activities stays.

DROP FUNCTION IF EXISTS
    align.sync_client_name(), align.list_client_name(), align.sync_client_size(), align.sync_client_size_swapped(),
    align.list_client_size(), align.sync_lead(), align.client_for_lead(uuid, text, text, text, text),
    align.shared_client_name(uuid, text, text), align.free_client_name(text, text, uuid),
    align.numbered_client_name(text, uuid), align.claim_client_name(text, text, uuid),
    align.announce_client_name(text), align.make_room_for_client_name(text, uuid),
    align.await_client_name(bigint), align.note_client_name(text, integer),
    align.client_name_taken(text, uuid), align.saw_old_writer(text, text);
DROP VIEW IF EXISTS align.client_sizes;
DROP TABLE IF EXISTS align.name_collisions, align.name_numbers, align.old_writers;

NOTIFY pgrst, 'reload schema';
