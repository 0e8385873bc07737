CREATE TABLE "folders" (
	"account_id" uuid NOT NULL,
	"name" text NOT NULL,
	"parent" text,
	CONSTRAINT "folders_account_id_name_pk" PRIMARY KEY("account_id","name")
);
--> statement-breakpoint
ALTER TYPE "public"."visibility" ADD VALUE 'team' BEFORE 'public';--> statement-breakpoint
ALTER TABLE "links" ADD COLUMN "folder" text;--> statement-breakpoint
ALTER TABLE "folders" ADD CONSTRAINT "folders_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_folder_fk" FOREIGN KEY ("account_id","folder") REFERENCES "public"."folders"("account_id","name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "folders" ADD CONSTRAINT "folders_parent_fk" FOREIGN KEY ("account_id","parent") REFERENCES "public"."folders"("account_id","name") ON DELETE restrict;
