DROP TABLE badges;
DROP TABLE users;
DROP TYPE member_rank;
