#include "text/table.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::text {
namespace {

TEST(Table, IsDockersImages) {
  Table table({"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"});
  table.add_row({"127.0.0.1:5001/team/app", "1.0.0", "95ffda7b3207", "Less than a second ago", "1.99MB"});
  table.add_row({"127.0.0.1:5001/library/busybox", "1.36", "b180c9ef8250", "1 second ago", "1.99MB"});
  table.add_row({"busybox", "1.36", "b180c9ef8250", "1 second ago", "1.99MB"});
  EXPECT_EQ(table.text(),
            "REPOSITORY                       TAG       IMAGE ID       CREATED                  SIZE\n"
            "127.0.0.1:5001/team/app          1.0.0     95ffda7b3207   Less than a second ago   1.99MB\n"
            "127.0.0.1:5001/library/busybox   1.36      b180c9ef8250   1 second ago             1.99MB\n"
            "busybox                          1.36      b180c9ef8250   1 second ago             1.99MB\n");
}

TEST(Table, IsDockersHistoryWithItsEmptyLastColumn) {
  Table table({"IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"});
  table.add_row(
      {"95ffda7b3207", "Less than a second ago", R"(/bin/sh -c #(nop)  CMD ["cat" "/etc/app.conf…)", "0B", ""});
  table.add_row({"9b128363c6fa", "1 second ago", "/bin/busybox --install -s /bin", "3.22kB"});
  EXPECT_EQ(
      table.text(),
      "IMAGE          CREATED                  CREATED BY                                      SIZE      COMMENT\n"
      "95ffda7b3207   Less than a second ago   /bin/sh -c #(nop)  CMD [\"cat\" \"/etc/app.conf…   0B        \n"
      "9b128363c6fa   1 second ago             /bin/busybox --install -s /bin                  3.22kB    \n");
}

TEST(Table, IsDockersPs) {
  Table table({"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"});
  table.add_row({"01c53c712934", "busybox:1.36", R"("sleep 600")", "1 second ago", "Up Less than a second", "", "web"});
  EXPECT_EQ(table.text(),
            "CONTAINER ID   IMAGE          COMMAND       CREATED        STATUS                  PORTS     NAMES\n"
            "01c53c712934   busybox:1.36   \"sleep 600\"   1 second ago   Up Less than a second             web\n");
}

TEST(Table, WithoutRowsIsItsHeader) {
  Table table({"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"});
  EXPECT_FALSE(table.has_rows());
  EXPECT_EQ(table.text(), "REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n");
}

TEST(Table, AlignsByColumnsOfTheTerminal) {
  Table table({"NAME", "X"});
  table.add_row({"日本語日本語", "1"});
  table.add_row({"größe", "2"});
  EXPECT_EQ(table.text(),
            "NAME           X\n"
            "日本語日本語   1\n"
            "größe          2\n");
}

TEST(Table, KeepsARowOnOneLineAndDisarmsEscapes) {
  Table table({"A", "B"});
  table.add_row({"x\ny", "a\tb\x1b[31m"});
  EXPECT_EQ(table.text(),
            "A         B\n"
            "x y       a b [31m\n");
}

TEST(Table, RefusesMoreCellsThanColumns) {
  Table table({"A"});
  EXPECT_THROW(table.add_row({"1", "2"}), base::Error);
}

}  // namespace
}  // namespace davit::text
