-- An online shop as an ORM with camel case writes it.
CREATE TYPE "public"."OrderStatus" AS ENUM ('PENDING', 'PAID', 'SHIPPED', 'CANCELLED');
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');

CREATE TABLE "User" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "email" TEXT NOT NULL,
    "emailVerified" TIMESTAMP(3),
    "passwordHash" TEXT NOT NULL,
    "role" "Role" NOT NULL DEFAULT 'USER',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,
    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Session" (
    "sessionToken" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "expires" TIMESTAMP(3) NOT NULL
);
CREATE TABLE "Product" (
    "id" SERIAL NOT NULL,
    "sku" VARCHAR(64) NOT NULL,
    "name" TEXT NOT NULL,
    "priceInCents" INTEGER NOT NULL,
    "weight" DECIMAL(10,3),
    "attributes" JSONB,
    "images" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "isActive" BOOLEAN NOT NULL DEFAULT true,
    "searchRank" REAL,
    "embedding" BYTEA,
    CONSTRAINT "Product_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Order" (
    "id" BIGSERIAL NOT NULL,
    "userId" UUID,
    "status" "OrderStatus" NOT NULL DEFAULT 'PENDING',
    "total" MONEY,
    "placedAt" TIMESTAMPTZ(6) DEFAULT CURRENT_TIMESTAMP,
    "history" "OrderStatus"[],
    CONSTRAINT "Order_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "OrderItem" (
    "orderId" BIGINT NOT NULL,
    "productId" INTEGER NOT NULL,
    "quantity" SMALLINT NOT NULL DEFAULT 1,
    "unitPrice" MONEY NOT NULL,
    CONSTRAINT "OrderItem_pkey" PRIMARY KEY ("orderId","productId")
);
CREATE TABLE "_Favourites" ("A" INTEGER NOT NULL, "B" UUID NOT NULL);

CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE UNIQUE INDEX "Session_sessionToken_key" ON "Session"("sessionToken");
CREATE UNIQUE INDEX "Product_sku_key" ON "Product"("sku" ASC);
CREATE INDEX "Order_userId_placedAt_idx" ON "Order"("userId", "placedAt" DESC NULLS LAST);
CREATE UNIQUE INDEX "_Favourites_AB_unique" ON "_Favourites"("A", "B");

ALTER TABLE "Session" ADD CONSTRAINT "Session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Order" ADD CONSTRAINT "Order_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "OrderItem" ADD CONSTRAINT "OrderItem_orderId_fkey" FOREIGN KEY ("orderId") REFERENCES "Order"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    ADD CONSTRAINT "OrderItem_productId_fkey" FOREIGN KEY ("productId") REFERENCES "Product"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "_Favourites" ADD CONSTRAINT "_Favourites_A_fkey" FOREIGN KEY ("A") REFERENCES "Product"("id") ON DELETE CASCADE;
ALTER TABLE "_Favourites" ADD CONSTRAINT "_Favourites_B_fkey" FOREIGN KEY ("B") REFERENCES "User"("id") ON DELETE CASCADE;
ALTER TABLE "Session" ADD CONSTRAINT "Session_pkey" PRIMARY KEY USING INDEX "Session_sessionToken_key";
ALTER TABLE "User" ADD CONSTRAINT "User_email_unique" UNIQUE USING INDEX "User_email_key";

-- A year later.
ALTER TABLE "User" RENAME COLUMN "passwordHash" TO "secretHash";
ALTER TABLE "Product" ALTER COLUMN "priceInCents" SET DATA TYPE BIGINT, ALTER COLUMN "attributes" SET DEFAULT '{}', ALTER COLUMN "attributes" SET NOT NULL;
ALTER TABLE "Order" ADD COLUMN "parentId" BIGINT REFERENCES "Order";
ALTER TYPE "Role" ADD VALUE IF NOT EXISTS 'SUPPORT';
ALTER TYPE "OrderStatus" RENAME VALUE 'CANCELLED' TO 'CANCELED';
ALTER TABLE "_Favourites" RENAME TO "Favourite";
ALTER TABLE "Favourite" RENAME COLUMN "A" TO "productId";
ALTER TABLE "Favourite" RENAME COLUMN "B" TO "userId";
COMMENT ON TABLE "Order" IS 'Immutable once "PAID"';
COMMENT ON COLUMN "Order"."total" IS 'Tax included';
