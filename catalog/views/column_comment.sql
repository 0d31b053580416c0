-- What does a column mean? One row for each column of each view.
-- For everybody: start here when you do not know the catalog.
CREATE VIEW column_comment AS
SELECT
  c.table_name AS view_name,
  v.comment AS view_comment,
  c.column_name,
  c.data_type,
  c.comment
FROM duckdb_columns() AS c
INNER JOIN duckdb_views() AS v ON v.view_name = c.table_name AND v.schema_name = c.schema_name AND v.database_name = c.database_name
WHERE c.schema_name = 'main' AND NOT v.internal
ORDER BY c.table_name, c.column_index;

COMMENT ON VIEW column_comment IS 'What every column of every view means.';
COMMENT ON COLUMN column_comment.view_name IS 'The view.';
COMMENT ON COLUMN column_comment.view_comment IS 'What it shows.';
COMMENT ON COLUMN column_comment.column_name IS 'The column.';
COMMENT ON COLUMN column_comment.data_type IS 'Its type.';
COMMENT ON COLUMN column_comment.comment IS 'What it means.';
