ALTER TABLE vehicles RENAME registration TO plate;
