-- RenameTable
ALTER TABLE "Ticket" RENAME TO "Case";
ALTER TABLE "Case" RENAME CONSTRAINT "Ticket_pkey" TO "Case_pkey";

-- RenameForeignKey
ALTER TABLE "Case" RENAME CONSTRAINT "Ticket_customerId_fkey" TO "Case_customerId_fkey";

-- RenameIndex
ALTER INDEX "Customer_email_key" RENAME TO "Customer_email_once";

-- RedefineTables
ALTER TABLE "Case" ALTER COLUMN "id" DROP DEFAULT;
DROP SEQUENCE "Ticket_id_seq";
ALTER TABLE "Case" ALTER COLUMN "id" SET DATA TYPE BIGINT;
ALTER TABLE "_TicketToTag" ADD CONSTRAINT "_TicketToTag_AB_pkey" PRIMARY KEY ("A", "B");

-- DropIndex
DROP INDEX "_TicketToTag_AB_unique";
