DROP FUNCTION IF EXISTS set_changed_at();
