from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0003_say_all_decisions'),
        ('projects', '0001_initial'),
        ('records', '0003_upload'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='measurement',
            index=models.Index(fields=['owner', 'updated_at'], name='measurement_owner_updated'),
        ),
    ]
