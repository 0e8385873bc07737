ALTER TABLE "links" RENAME COLUMN "seen" TO "clicks";--> statement-breakpoint
ALTER TABLE "accounts" DROP CONSTRAINT "accounts_name_unique";--> statement-breakpoint
ALTER TABLE "links" ALTER COLUMN "title" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "links" ALTER COLUMN "clicks" SET DATA TYPE numeric(20, 0);--> statement-breakpoint
UPDATE "links" SET "title" = "url" WHERE "title" = 'untitled'; --> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "slug" text GENERATED ALWAYS AS (lower("name")) STORED;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_slug_unique" UNIQUE NULLS NOT DISTINCT("slug");
